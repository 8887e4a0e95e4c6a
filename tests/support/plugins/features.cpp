// Features: 300 classes of eight float32 values, more than a byte can number, from no file; with a
// flaw if asked for one. Value d of class c is (c (2 d + 7) mod 307) / 153.5 - 1.
#include <clh/dataset.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::int64_t kClasses = 300;
constexpr std::int64_t kFeatures = 8;

enum class Flaw { kNone, kDtype, kNoRange, kNan, kCount, kSize, kLabel };

class Features final : public clh::BulkDataset {
 public:
  struct Options {
    Flaw flaw = Flaw::kNone;
    void bind(clh::OptionBinder& option) {
      option("flaw", flaw, "what is wrong with the data")
          .choices({"none", "dtype", "no-range", "nan", "count", "size", "label"});
    }
  };

  Features(const clh::DatasetContext& context, const Options& options)
      : BulkDataset(context), flaw_(options.flaw) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {kFeatures};
    for (std::int64_t c = 0; c < kClasses; ++c) {
      info.classes.push_back("class " + std::to_string(c));
    }
    info.dtype = flaw_ == Flaw::kDtype ? clh::Dtype::kUint8 : clh::Dtype::kFloat32;
    if (flaw_ != Flaw::kNoRange) {
      info.range = {-1, 1.1};
    }
    info.license = "MIT";
    info.how = "made by the plugin itself";
    return info;
  }

  clh::Samples load(clh::Split split) override {
    const std::int64_t n = (split == clh::Split::kTrain ? 2 : 1) * kClasses;
    std::vector<float> inputs;
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto label = i % kClasses;
      labels.push_back(label);
      for (std::int64_t d = 0; d < kFeatures; ++d) {
        const auto value = static_cast<float>(label * (2 * d + 7) % 307) / 153.5F - 1;
        inputs.push_back(value + (i < kClasses ? 0.F : 1e-3F));
      }
    }
    if (flaw_ == Flaw::kNan) {
      inputs[5 * kFeatures + 2] = std::numeric_limits<float>::quiet_NaN();
    } else if (flaw_ == Flaw::kCount) {
      labels.pop_back();
    } else if (flaw_ == Flaw::kSize) {
      inputs.pop_back();
    } else if (flaw_ == Flaw::kLabel) {
      labels[0] = kClasses;
    }
    return {clh::HostArray({n, kFeatures}, std::move(inputs)), std::move(labels)};
  }

 private:
  Flaw flaw_;
};

}  // namespace

CLH_PLUGIN(clh::dataset<Features>("features", "Made-up features of 300 classes for tests"));
