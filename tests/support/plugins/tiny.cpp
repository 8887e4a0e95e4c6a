// Tiny: a made-up dataset of 28x28 pictures, small enough for tests of everything but accuracy.
// Picture n of class c is noise from a linear congruential generator with a bright square whose
// place is the class.
#include <clh/dataset.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace {

class Tiny final : public clh::BulkDataset {
 public:
  using BulkDataset::BulkDataset;

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1, 28, 28};
    info.classes = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
    info.train = kTrainPerClass * 10;
    info.test = kTestPerClass * 10;
    info.how = "made by the plugin itself";
    return info;
  }

  clh::Samples load(clh::Split split) override {
    const std::int64_t n = 10 * (split == clh::Split::kTrain ? kTrainPerClass : kTestPerClass);
    std::vector<std::uint8_t> inputs;
    std::vector<std::int64_t> labels;
    std::uint32_t noise = split == clh::Split::kTrain ? 1 : 2;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto label = i % 10;
      for (int pixel = 0; pixel < 784; ++pixel) {
        noise = noise * 1664525U + 1013904223U;
        const int row = pixel / 28, column = pixel % 28;
        const bool bright = row / 7 == label / 4 && column / 7 == label % 4;
        inputs.push_back(static_cast<std::uint8_t>((noise >> 25U) + (bright ? 128 : 0)));
      }
      labels.push_back(label);
    }
    return {clh::HostArray({n, 1, 28, 28}, std::move(inputs)), std::move(labels)};
  }

 private:
  static constexpr std::int64_t kTrainPerClass = 60;
  static constexpr std::int64_t kTestPerClass = 20;
};

}  // namespace

CLH_PLUGIN(clh::dataset<Tiny>("tiny", "Made-up pictures for tests"));
