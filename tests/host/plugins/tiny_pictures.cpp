// TinyPictures: ten classes of 8x8 stripes that need no file and can be learned.
#include <clh/dataset.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t kSide = 8;
constexpr std::int64_t kClasses = 10;

class TinyPictures final : public clh::BulkDataset {
 public:
  explicit TinyPictures(const clh::DatasetContext& context) : BulkDataset(context) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1, kSide, kSide};
    info.classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    info.train = 20 * kClasses;
    info.test = 5 * kClasses;
    info.mean = {0.5};
    info.std = {0.25};
    return info;
  }

  clh::Samples load(clh::Split split) override {  // inputs [N, 1, 8, 8], labels [N]
    const auto n = split == clh::Split::kTrain ? 20 * kClasses : 5 * kClasses;
    std::vector<std::uint8_t> inputs;
    std::vector<std::int64_t> labels;
    std::uint32_t noise = split == clh::Split::kTrain ? 1 : 2;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto label = i % kClasses;
      labels.push_back(label);
      for (std::int64_t pixel = 0; pixel < kSide * kSide; ++pixel) {
        noise = noise * 1664525U + 1013904223U;  // Numerical Recipes, section 7.1
        const int base = pixel % kClasses == label ? 180 : 30;
        inputs.push_back(static_cast<std::uint8_t>(base + (noise >> 24U) % 64));
      }
    }
    return {clh::HostArray({n, 1, kSide, kSide}, std::move(inputs)), std::move(labels)};
  }
};

}  // namespace

CLH_PLUGIN(clh::dataset<TinyPictures>("tiny-pictures", "Stripes for tests"));
