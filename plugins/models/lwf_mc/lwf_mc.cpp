// LwfMultiClass: the loss of iCaRL without its memory: binary cross-entropies, a frozen copy from
// before the task teaches the old outputs, and the largest output classifies.
// Rebuffi et al., "iCaRL: Incremental Classifier and Representation Learning", arXiv:1611.07725,
// section 4, the baseline LwF.MC; the loss is that of Algorithm 3.
// Differs from the paper: weight decay is part of the loss and off unless `wd` asks for it.
#include <clh/model.hpp>
#include <clh/sigmoid_distillation.hpp>

#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

namespace {

class LwfMultiClass final : public clh::Model {
 public:
  static constexpr const char* kCite = "Rebuffi et al. 2017, arXiv:1611.07725";
  struct Options {
    double wd = 0;
    void bind(clh::OptionBinder& option) {
      option("wd", wd, "weight of |theta|^2 in the loss").min(0);
    }
  };

  LwfMultiClass(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    before_ = seen_;
    for (const auto c : task.classes()) {
      if (std::find(seen_.begin(), seen_.end(), c) == seen_.end()) {
        seen_.push_back(c);
      }
    }
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto outputs = net().forward(batch.inputs);
    const auto target =
        clh::sigmoid_targets(batch.inputs, batch.labels, outputs.size(1), teacher_, before_);
    const auto active = at::tensor(seen_, at::kLong);
    const auto loss = at::binary_cross_entropy_with_logits(outputs.index_select(1, active),
                                                           target.index_select(1, active));
    loss.backward();
    double length = 0;
    if (options_.wd > 0) {
      const auto values = net().values();
      net().grads().add_(values, 2 * options_.wd);
      length = values.dot(values).item<double>();
    }
    optimizer().step();
    return loss.item<double>() + options_.wd * length;
  }

  void end_task(const clh::Task&) override { teacher_ = net().spawn(clh::Spawn::kFrozen); }

  void state(clh::Archive& archive) override {
    archive("seen", seen_)("before", before_);
    archive_network(archive, "teacher", teacher_);
  }

 private:
  Options options_;
  std::vector<std::int64_t> seen_, before_;  // outputs so far; those of earlier tasks
  clh::Network teacher_;
};

}  // namespace

CLH_PLUGIN(clh::model<LwfMultiClass>("lwf-mc", "Learning without forgetting, multi-class",
                                     {"class-il", "task-il"}));
