#include "core/abi/shape_check.hpp"

namespace clh::core {
namespace {

constexpr std::int64_t kMostRank = sizeof(clh_shape::dim) / sizeof(std::int64_t);
constexpr std::int64_t kMostSampleValues = std::int64_t{1} << 31;

std::string text_of(const clh_shape& shape) {
  std::string text = "[";
  for (std::int64_t i = 0; i < shape.rank; ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(shape.dim[i]);
  }
  return text + "]";
}

}  // namespace

std::optional<Mismatch> shape_defect(const clh_shape& shape, std::int64_t least_rank) {
  if (shape.rank < least_rank || shape.rank > kMostRank) {
    return Mismatch{"a rank of " + std::to_string(least_rank) + " to " + std::to_string(kMostRank),
                    std::to_string(shape.rank)};
  }
  std::int64_t values = 1;
  for (std::int64_t i = 0; i < shape.rank; ++i) {
    if (shape.dim[i] < 1) {
      return Mismatch{"dimensions of 1 or more", text_of(shape)};
    }
    if (shape.dim[i] > kMostSampleValues / values) {
      return Mismatch{"a shape of at most " + std::to_string(kMostSampleValues) + " values",
                      text_of(shape)};
    }
    values *= shape.dim[i];
  }
  return std::nullopt;
}

std::int64_t value_count(const clh_shape& shape) {
  std::int64_t values = 1;
  for (std::int64_t i = 0; i < shape.rank; ++i) {
    values *= shape.dim[i];
  }
  return values;
}

}  // namespace clh::core
