// LwfMultiClass: the loss of iCaRL without its memory: binary cross-entropies, a frozen copy from
// before the task teaches the old outputs, and the largest output classifies.
// Rebuffi et al., "iCaRL: Incremental Classifier and Representation Learning", arXiv:1611.07725,
// section 4, the baseline LwF.MC; the loss is that of Algorithm 3.
// Differs from the paper: weight decay is part of the loss and off unless `weight-decay` asks for
// it.
#include <clh/losses/sigmoid_distillation.hpp>
#include <clh/memory/seen_classes.hpp>
#include <clh/model.hpp>
#include <clh/parameters/weight_decay.hpp>

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/tensor.h>

namespace {

struct Options {
  double weight_decay = 0;
  void bind(clh::OptionBinder& option) {
    option("weight-decay", weight_decay, "weight of |theta|^2 in the loss").min(0);
  }
};

class LwfMultiClass final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Rebuffi et al. 2017, arXiv:1611.07725";
  using ModelOf::ModelOf;

  void begin_task(const clh::Task& task) override { seen_.begin_task(task.classes()); }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto outputs = net().forward(batch.inputs);
    const auto target =
        clh::sigmoid_targets(batch.inputs, batch.labels, outputs.size(1), teacher_, seen_.before());
    const auto active = at::tensor(seen_.all(), at::kLong);
    const auto loss = at::binary_cross_entropy_with_logits(outputs.index_select(1, active),
                                                           target.index_select(1, active));
    loss.backward();
    const auto decay = clh::add_weight_decay(net(), options().weight_decay);
    optimizer().step();
    return loss.item<double>() + decay;
  }

  void end_task(const clh::Task&) override { teacher_ = net().frozen_copy(); }

  void state(clh::Archive& archive) override {
    archive("seen", seen_);
    archive_network(archive, "teacher", teacher_);
  }

 private:
  clh::SeenClasses seen_;
  clh::Network teacher_;
};

}  // namespace

CLH_PLUGIN(clh::model<LwfMultiClass>("lwf-mc", "Learning without forgetting, multi-class"));
