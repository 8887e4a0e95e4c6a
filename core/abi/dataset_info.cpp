#include "core/abi/dataset_info.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace clh::core {
namespace {

constexpr std::int64_t kMostClasses = std::int64_t{1} << 20;
constexpr std::int64_t kMostSplitValues = std::int64_t{1} << 47;  // of a split
constexpr std::array<const char*, 3> kSplits = {"train", "test", "valid"};
constexpr auto kLeastSize = offsetof(clh_dataset_info, high) + sizeof(double);

std::optional<Mismatch> size_defect(const clh_dataset_info& info, std::int64_t least_size) {
  const auto most = kMostSplitValues / value_count(info.sample);
  for (std::size_t split = 0; split < kSplits.size(); ++split) {
    const auto size = info.size[split];
    if (size < least_size || size > most) {
      const bool low = size < least_size;
      return Mismatch{std::string("a ") + kSplits[split] + " split of " +
                          (low ? std::to_string(least_size) + " samples or more"
                               : "at most " + std::to_string(most) + " samples"),
                      std::to_string(size)};
    }
  }
  return std::nullopt;
}

std::optional<Mismatch> class_defect(const clh_dataset_info& info) {
  if (info.n_classes < 1 || info.n_classes > kMostClasses) {
    return Mismatch{"1 to " + std::to_string(kMostClasses) + " classes",
                    std::to_string(info.n_classes)};
  }
  for (std::int64_t i = 0; info.classes != nullptr && i < info.n_classes; ++i) {
    if (info.classes[i] == nullptr) {
      return Mismatch{"a name for each class", "none for class " + std::to_string(i)};
    }
  }
  return std::nullopt;
}

std::optional<Mismatch> value_defect(const clh_dataset_info& info) {
  if (!std::isfinite(info.low) || !std::isfinite(info.high) || !(info.low < info.high)) {
    return Mismatch{"a range of values from low to high",
                    std::to_string(info.low) + " to " + std::to_string(info.high)};
  }
  const auto channels = info.sample.rank == 3 ? info.sample.dim[0] : 1;
  for (std::int64_t c = 0; info.mean != nullptr && info.std != nullptr && c < channels; ++c) {
    if (!std::isfinite(info.mean[c]) || !std::isfinite(info.std[c]) || !(info.std[c] > 0)) {
      return Mismatch{"a finite mean and a positive deviation for each channel",
                      std::to_string(info.mean[c]) + " and " + std::to_string(info.std[c])};
    }
  }
  return std::nullopt;
}

}  // namespace

clh_dataset_info read_dataset_info(const clh_dataset_info& given) {
  clh_dataset_info info{};
  const std::size_t whole = given.struct_size / sizeof(void*) * sizeof(void*);
  std::memcpy(&info, &given, std::clamp(whole, sizeof(void*), sizeof info));
  return info;
}

std::optional<Mismatch> dataset_info_defect(const clh_dataset_info& info, std::int64_t least_size) {
  if (info.struct_size < kLeastSize) {
    return Mismatch{"an info of " + std::to_string(kLeastSize) + " bytes or more",
                    std::to_string(info.struct_size)};
  }
  if (info.dtype != CLH_U8 && info.dtype != CLH_F32) {
    return Mismatch{"dtype u8 or f32", std::to_string(info.dtype)};
  }
  auto defect = shape_defect(info.sample, 1);
  defect = defect ? defect : class_defect(info);
  defect = defect ? defect : size_defect(info, least_size);
  return defect ? defect : value_defect(info);
}

}  // namespace clh::core
