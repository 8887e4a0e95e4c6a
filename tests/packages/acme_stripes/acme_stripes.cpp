// Stripes: eight classes of 8x8 pictures, each a bright row on dim noise; made, not read.
#include <clh/dataset.hpp>

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t kSize = 8;  // pixels in a row, rows in a picture, classes

class Stripes final : public clh::BulkDataset {
 public:
  struct Options {
    std::int64_t per_class = 50;
    void bind(clh::OptionBinder& option) {
      option("per-class", per_class, "pictures of each class in each split").min(1);
    }
  };

  Stripes(const clh::DatasetContext& context, const Options& options)
      : BulkDataset(context), count_(options.per_class * kSize) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1, kSize, kSize};
    info.classes = {"row 0", "row 1", "row 2", "row 3", "row 4", "row 5", "row 6", "row 7"};
    info.train = count_;
    info.test = count_;
    info.license = "MIT";
    info.source = "made by the plugin";
    info.how = "nothing to get";
    return info;
  }

  clh::Samples load(clh::Split split) override {  // inputs [N, 1, 8, 8] uint8, labels [N]
    std::mt19937 noise(split == clh::Split::kTrain ? 1U : 2U);  // the same pictures every time
    std::vector<std::uint8_t> inputs;
    std::vector<std::int64_t> labels;
    for (std::int64_t n = 0; n < count_; ++n) {
      labels.push_back(n % kSize);
      for (std::int64_t pixel = 0; pixel < kSize * kSize; ++pixel) {
        const auto base = pixel / kSize == n % kSize ? 150U : 0U;
        inputs.push_back(static_cast<std::uint8_t>(base + noise() % 100U));
      }
    }
    return {clh::HostArray({count_, 1, kSize, kSize}, std::move(inputs)), std::move(labels)};
  }

 private:
  std::int64_t count_;
};

}  // namespace

CLH_PLUGIN(clh::dataset<Stripes>("acme-stripes", "Striped pictures"));
