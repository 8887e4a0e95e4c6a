// @CLASS@: look-up tables whose entries are sigmoids of free parameters, each begun near 0 or 1.
// Only the parametrisation is here; the host's kernel evaluates any table on real-valued pins as
// its multilinear extension, and differentiates it.
#include <clh/node.hpp>

#include <ATen/ops/randn.h>
#include <ATen/ops/sigmoid.h>

namespace {

class @CLASS@ final : public clh::Node {
 public:
  struct Options {
    double scale = 2;
    void bind(clh::OptionBinder& option) {
      option("scale", scale, "standard deviation of the parameters at the start").above(0);
    }
  };

  @CLASS@(const clh::NodeContext& context, const Options& options)
      : clh::Node(context),
        w_(parameter("w", at::randn({units(), table_size()}).mul_(options.scale))) {}

  at::Tensor table() override { return at::sigmoid(w_); }  // [U, 2^k] in (0, 1)

 private:
  at::Tensor w_;  // [U, 2^k], logits
};

}  // namespace

CLH_PLUGIN(clh::node<@CLASS@>("@NAME@", "Table of sigmoids"));
