// Probabilistic: a LUT relaxed to the multilinear extension of its truth table.
// The relaxation of Petersen et al., "Deep Differentiable Logic Gate Networks", arXiv:2210.08277,
// sec. 3, for k pins. Differs from the paper: a table has 2^k independent entries instead of a
// softmax over the gates of two pins.
#include <clh/node.hpp>

#include <ATen/ops/randn.h>
#include <ATen/ops/sigmoid.h>

#include <cmath>

namespace {

/// y_u = sum_a sigmoid(w_ua / tau) * prod_i x_ui^{a_i} (1 - x_ui)^{1 - a_i}, a over {0, 1}^k; exact
/// at the corners. Only the parametrisation is here: the host's kernel evaluates any table.
class Probabilistic final : public clh::Node {
 public:
  enum class Init { kNormal, kResidual };

  struct Options {
    double tau = 1.0;
    Init init = Init::kResidual;
    void bind(clh::OptionBinder& option) {
      option("tau", tau, "temperature of the sigmoid").above(0);
      option("init", init, "normal: w from N(0, 1); residual: pass pin 0 on with probability 0.95")
          .choices({"normal", "residual"});
    }
  };

  Probabilistic(const clh::NodeContext& context, const Options& options)
      : Node(context), tau_(options.tau), w_(parameter("w", initial(options.init))) {}

  at::Tensor table() override { return at::sigmoid(w_ / tau_); }  // [U, 2^k] in [0, 1]

 private:
  at::Tensor initial(Init init) const {
    if (init == Init::kNormal) {
      return at::randn({units(), table_size()});
    }
    const auto pin0 = at::arange(table_size()).remainder(2) * 2 - 1;  // -1, 1, -1, ...
    return (pin0 * (tau_ * std::log(0.95 / 0.05))).to(at::kFloat).repeat({units(), 1});
  }

  double tau_;
  at::Tensor w_;  // [U, 2^k], logits times tau
};

}  // namespace

CLH_PLUGIN(clh::node<Probabilistic>("probabilistic", "Multilinear truth table"));
