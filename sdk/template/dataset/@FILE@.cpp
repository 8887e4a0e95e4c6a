// @CLASS@: clouds of points, one cloud a class, made by a generator with a fixed seed.
#include <clh/dataset.hpp>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t kClasses = 6;
constexpr std::int64_t kFeatures = 16;

class @CLASS@ final : public clh::BulkDataset {
 public:
  struct Options {
    std::int64_t per_class = 200;
    void bind(clh::OptionBinder& option) {
      option("per-class", per_class, "points of each class in each split").min(1);
    }
  };

  @CLASS@(const clh::DatasetContext& context, const Options& options)
      : clh::BulkDataset(context), size_(options.per_class * kClasses) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {kFeatures};
    info.classes = {"cloud 0", "cloud 1", "cloud 2", "cloud 3", "cloud 4", "cloud 5"};
    info.train = size_;
    info.test = size_;
    info.license = "MIT";
    info.source = "made by the plugin";
    info.how = "nothing to get";
    return info;
  }

  clh::Samples load(clh::Split split) override {  // inputs [N, 16] uint8, labels [N]
    std::vector<std::uint8_t> inputs;
    std::vector<std::int64_t> labels;
    std::mt19937 noise(split == clh::Split::kTrain ? 1U : 2U);  // the same points every time
    for (std::int64_t n = 0; n < size_; ++n) {
      const auto label = n % kClasses;
      labels.push_back(label);
      std::mt19937 center(100U + static_cast<unsigned>(label));
      for (std::int64_t d = 0; d < kFeatures; ++d) {
        // A center in [0, 128), and the sum of two bytes halved: a cloud that fades outwards.
        const auto value = center() % 128U + (noise() % 128U + noise() % 128U) / 2U;
        inputs.push_back(static_cast<std::uint8_t>(value));
      }
    }
    return {clh::HostArray({size_, kFeatures}, std::move(inputs)), std::move(labels)};
  }

 private:
  std::int64_t size_;
};

}  // namespace

CLH_PLUGIN(clh::dataset<@CLASS@>("@NAME@", "Clouds of points"));
