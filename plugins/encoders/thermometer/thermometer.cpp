// Thermometer: each real feature becomes `bits` unary comparisons with evenly spaced thresholds.
// The usual input code of weightless networks, e.g. Bacellar et al., "Differentiable Weightless
// Neural Networks", arXiv:2410.11112.
#include <clh/encoder.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// Bit i of feature d is [x_d > t_di], t_di = min + (i + 1) (max - min) / (bits + 1), i from 0;
/// min and max of the data given to fit(), over the feature or over all of them. Bits of one
/// feature are adjacent, lowest threshold first. The comparison is strict: a tie is 0, and so is
/// NaN. A constant feature gives zeros on the data of fit(); values beyond it saturate.
class Thermometer final : public clh::Encoder {
 public:
  enum class Per { kFeature, kGlobal };

  struct Options {
    std::int64_t bits = 8;
    Per per = Per::kFeature;
    void bind(clh::OptionBinder& option) {
      option("bits", bits, "thresholds per feature").range(1, 255);
      option("per", per, "one range for each feature, or one for all of them")
          .choices({"feature", "global"});
    }
  };

  Thermometer(const clh::EncoderContext& context, const Options& options)
      : Encoder(context), options_(options) {}

  clh::Shape output_shape() const override { return input_shape().with(options_.bits); }

  void fit(clh::Rows<const float> x) override {  // [N, D]
    if (x.rows() < 1) {
      throw clh::UsageError("[fit] expected at least 1 sample, found 0");
    }
    std::vector<float> low(x.row(0), x.row(0) + x.cols()), high = low;
    for (std::int64_t n = 0; n < x.rows(); ++n) {
      for (std::int64_t d = 0; d < x.cols(); ++d) {
        if (!std::isfinite(x(n, d))) {
          throw clh::UsageError("[fit] expected finite values, found " + std::to_string(x(n, d)) +
                                " at sample " + std::to_string(n) + ", feature " +
                                std::to_string(d));
        }
        auto &least = low[static_cast<std::size_t>(d)], &most = high[static_cast<std::size_t>(d)];
        least = std::min(least, x(n, d));
        most = std::max(most, x(n, d));
      }
    }
    if (options_.per == Per::kGlobal) {
      std::fill(low.begin(), low.end(), *std::min_element(low.begin(), low.end()));
      std::fill(high.begin(), high.end(), *std::max_element(high.begin(), high.end()));
    }
    thresholds_.clear();
    for (std::size_t d = 0; d < low.size(); ++d) {
      const double range = double{high[d]} - low[d];
      for (std::int64_t i = 1; i <= options_.bits; ++i) {
        thresholds_.push_back(
            static_cast<float>(low[d] + double(i) * range / double(options_.bits + 1)));
      }
    }
  }

  void encode(clh::Rows<const float> x, clh::Rows<std::uint8_t> bits) const override {
    if (thresholds_.empty()) {
      throw clh::UsageError("[encode] expected an encoder after fit, found one before it");
    }
    std::int64_t unknown = 0;
    for (std::int64_t n = 0; n < x.rows(); ++n) {  // [N, D] -> [N, D * bits]
      const float* threshold = thresholds_.data();
      std::uint8_t* bit = bits.row(n);
      for (std::int64_t d = 0; d < x.cols(); ++d) {
        const float value = x(n, d);
        unknown += std::isnan(value) ? 1 : 0;
        for (std::int64_t i = 0; i < options_.bits; ++i) {
          *bit++ = value > *threshold++ ? 1 : 0;
        }
      }
    }
    if (unknown > 0) {
      log(kWarning, "thermometer: " + std::to_string(unknown) + " NaN encoded as zero bits");
    }
  }

  void state(clh::Archive& archive) override {
    archive("thresholds", thresholds_);
    const auto wanted = static_cast<std::size_t>(output_shape().numel());
    if (!thresholds_.empty() && thresholds_.size() != wanted) {
      throw clh::StatusError(CLH_E_STATE, "[state] expected " + std::to_string(wanted) +
                                              " thresholds, found " +
                                              std::to_string(thresholds_.size()));
    }
  }

 private:
  Options options_;
  std::vector<float> thresholds_;  // [D * bits], empty before fit
};

}  // namespace

CLH_PLUGIN(clh::encoder<Thermometer>("thermometer", "Evenly spaced thermometer code"));
