// Leaky: an encoder with the two leaks that leak_test must find: memory that nobody can reach any
// more, and memory that is kept for ever.
#include <clh/encoder.hpp>

#include <memory>
#include <vector>

namespace {

enum class Leak { kNone, kLost, kHoarded };

class Leaky final : public clh::Encoder {
 public:
  struct Options {
    Leak leak = Leak::kNone;
    void bind(clh::OptionBinder& option) {
      option("leak", leak, "what happens to 64 bytes").choices({"none", "lost", "hoarded"});
    }
  };

  Leaky(clh::EncoderContext context, const Options& options) : Encoder(std::move(context)) {
    auto bytes = std::make_unique<std::vector<char>>(64);
    if (options.leak == Leak::kLost) {
      bytes.release();  // NOLINT: the point of this plugin
    } else if (options.leak == Leak::kHoarded) {
      static auto& hoard = *new std::vector<std::unique_ptr<std::vector<char>>>;
      hoard.push_back(std::move(bytes));
    }
  }

  clh::Shape output_shape() const override { return input_shape().with(1); }
  void encode(clh::Rows<const float> x, clh::Rows<std::uint8_t> bits) const override {
    for (std::int64_t n = 0; n < x.rows(); ++n) {
      for (std::int64_t i = 0; i < bits.cols(); ++i) {
        bits(n, i) = x(n, i) > 0;
      }
    }
  }
};

}  // namespace

CLH_PLUGIN(clh::encoder<Leaky>("leaky", "Leaks for tests"));
