// AveragedGemReservoir: A-GEM without task boundaries; its memory is a reservoir, filled every
// step. Buzzega et al., "Dark Experience for General Continual Learning", arXiv:2004.07211,
// section 5.1; the projection is that of Chaudhry et al., arXiv:1812.00420, eq. 11. Replayed
// samples are not augmented, as in the paper's code; `epsilon` (0 = the paper) is added to the
// squared norm.
#include <clh/memory/replay_memory.hpp>
#include <clh/parameters/gradient_projection.hpp>

#include <ATen/ops/empty.h>

namespace {

struct Options : clh::ReplayOptions {
  Options() { minibatch = 128; }
  double epsilon = 0;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("epsilon", epsilon, "added to the reference gradient's squared norm").min(0).advanced();
  }
};

class AveragedGemReservoir final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Buzzega et al. 2020, arXiv:2004.07211";
  using ModelOf::ModelOf;

  double observe(const clh::Batch& batch) override {
    const bool constrained = !memory_.empty();
    if (constrained) {
      const auto old = memory_.draw(batch);
      optimizer().zero_grad();
      criterion(net().forward(normalize(old.raw)), old.labels).backward();
      const auto reference = net().grads();
      reference_.resize_as_(reference).copy_(reference);
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    if (constrained) {
      clh::project(net().grads(), reference_, options().epsilon);
    }
    optimizer().step();
    memory_.add(batch);
    return loss.item<double>();
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  clh::ReplayMemory memory_{*this, options()};
  at::Tensor reference_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<AveragedGemReservoir>("agem-r", "A-GEM with a reservoir"));
