#include <clh/dataset.hpp>

#include <cstdint>
#include <utility>
#include <vector>

#include "core/validate/probe_plugin.hpp"

namespace clh::core {
namespace {

enum class Form { kSmall, kGrey, kColour, kFlat };

Shape shape_of(Form form) {
  switch (form) {
    case Form::kSmall:
      return {1, 6, 6};
    case Form::kGrey:
      return {1, 28, 28};
    case Form::kColour:
      return {3, 32, 32};
    case Form::kFlat:
      return {16};
  }
  return {};
}

/// Noise from a linear congruential generator around a level that is the class's own.
class Pictures final : public BulkDataset {
 public:
  struct Options {
    Form shape = Form::kSmall;
    void bind(OptionBinder& option) {
      option("shape", shape, "of one sample").choices({"small", "grey", "colour", "flat"});
    }
  };
  Pictures(const DatasetContext& context, const Options& options)
      : BulkDataset(context), shape_(shape_of(options.shape)) {}

  DatasetInfo info() const override {
    DatasetInfo info;
    info.sample = shape_;
    info.classes = {"a", "b", "c", "d"};
    info.train = kProbeTrainPerClass * kProbeClasses;
    info.test = kProbeTestPerClass * kProbeClasses;
    info.augment = shape_.rank() == 3 ? "crop:1,flip" : "";
    info.how = "it is made by the program itself";
    return info;
  }

  Samples load(Split split) override {
    const auto n =
        kProbeClasses * (split == Split::kTrain ? kProbeTrainPerClass : kProbeTestPerClass);
    auto sizes = shape_.dims();
    sizes.insert(sizes.begin(), n);
    std::vector<std::uint8_t> inputs;
    std::vector<std::int64_t> labels;
    std::uint32_t noise = split == Split::kTrain ? 1 : 2;
    for (std::int64_t i = 0; i < n; ++i) {
      const auto label = i % kProbeClasses;
      for (std::int64_t pixel = 0; pixel < shape_.numel(); ++pixel) {
        noise = noise * 1664525U + 1013904223U;
        const auto bright = pixel % kProbeClasses == label ? 160U : 20U;
        inputs.push_back(static_cast<std::uint8_t>(bright + (noise >> 26U)));
      }
      labels.push_back(label);
    }
    return {HostArray(std::move(sizes), std::move(inputs)), std::move(labels)};
  }

 private:
  Shape shape_;
};

}  // namespace

ComponentDescription probe_dataset() {
  return dataset<Pictures>(kProbeDataset, "Made-up pictures for validation");
}

}  // namespace clh::core
