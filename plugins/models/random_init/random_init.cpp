// RandomInit: the network as it was initialised, never trained (a reference, no learner): what
// metrics such as forward transfer compare with.
#include <clh/model.hpp>

#include <ATen/core/grad_mode.h>

namespace {

class RandomInit final : public clh::Model {
 public:
  using Model::Model;

  /// Returns: the loss, measured in eval mode: running statistics stay as they are too.
  double observe(const clh::Batch& batch) override {
    const at::NoGradGuard measure_only;
    net().set_training(false);
    return criterion(net().forward(batch.inputs), batch.labels).item<double>();
  }
};

}  // namespace

CLH_PLUGIN(clh::model<RandomInit>("random-init", "The network as it was initialised"));
