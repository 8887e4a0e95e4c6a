// @CLASS@: each real feature becomes `bits` comparisons with thresholds at its quantiles, so that
// every bit is 1 for an equal share of the samples it was fitted on.
// The distributive thermometer of Bacellar et al., "Differentiable Weightless Neural Networks",
// arXiv:2410.11112.
#include <clh/encoder.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace {

class @CLASS@ final : public clh::Encoder {
 public:
  struct Options {
    std::int64_t bits = 4;
    void bind(clh::OptionBinder& option) {
      option("bits", bits, "thresholds per feature").range(1, 255);
    }
  };

  @CLASS@(const clh::EncoderContext& context, const Options& options)
      : clh::Encoder(context), bits_(options.bits) {}

  clh::Shape output_shape() const override { return input_shape().with(bits_); }

  void fit(clh::Rows<const float> x) override {  // [N, D], N >= 1
    std::vector<float> thresholds, values(static_cast<std::size_t>(x.rows()));
    for (std::int64_t d = 0; d < x.cols(); ++d) {
      for (std::int64_t n = 0; n < x.rows(); ++n) {
        if (!std::isfinite(x(n, d))) {
          throw clh::UsageError("[fit] expected finite values, found " + std::to_string(x(n, d)));
        }
        values[static_cast<std::size_t>(n)] = x(n, d);
      }
      std::sort(values.begin(), values.end());
      for (std::int64_t b = 1; b <= bits_; ++b) {
        thresholds.push_back(values[static_cast<std::size_t>(b * (x.rows() - 1) / (bits_ + 1))]);
      }
    }
    thresholds_ = thresholds;
  }

  void encode(clh::Rows<const float> x, clh::Rows<std::uint8_t> bits) const override {
    if (thresholds_.empty()) {
      throw clh::UsageError("[encode] expected an encoder after fit, found one before it");
    }
    for (std::int64_t n = 0; n < x.rows(); ++n) {  // [N, D] -> [N, D * bits]
      for (std::int64_t i = 0; i < bits.cols(); ++i) {
        bits(n, i) = x(n, i / bits_) > thresholds_[static_cast<std::size_t>(i)] ? 1 : 0;
      }
    }
  }

  void state(clh::Archive& archive) override {
    archive("thresholds", thresholds_);
    const auto expected = static_cast<std::size_t>(output_shape().numel());
    if (!thresholds_.empty() && thresholds_.size() != expected) {
      throw clh::StatusError(CLH_E_STATE, "[state] expected " + std::to_string(expected) +
                                              " thresholds, found " +
                                              std::to_string(thresholds_.size()));
    }
  }

 private:
  std::int64_t bits_;
  std::vector<float> thresholds_;  // [D * bits], empty before fit
};

}  // namespace

CLH_PLUGIN(clh::encoder<@CLASS@>("@NAME@", "Thermometer code at quantiles"));
