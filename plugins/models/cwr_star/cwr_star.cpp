// CwrStar: each task trains output weights of its own, from zero or from where they were left; then
// they are made zero-mean and averaged into consolidated ones, by which the network classifies. The
// backbone learns in the first task alone.
// Lomonaco, Maltoni, Pellegrini, "Rehearsal-Free Continual Learning over Small Non-I.I.D. Batches",
// arXiv:1907.03799, Algorithm 1.
// Differs from the paper: outputs have no bias unless `bias` asks for one, which is then trained on
// and never consolidated; a frozen backbone stays in eval mode, so its running statistics stay too.
#include <clh/model.hpp>
#include <clh/parameters/masked_step.hpp>
#include <clh/parameters/parameter_mask.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <vector>

#include "head_weights.hpp"

namespace {

class CwrStar final : public clh::Model {
 public:
  static constexpr const char* kCite = "Lomonaco et al. 2020, arXiv:1907.03799";
  struct Options {
    bool freeze = true;
    bool bias = false;
    void bind(clh::OptionBinder& option) {
      option("freeze", freeze, "the backbone learns in the first task alone");
      option("bias", bias, "outputs have a bias, which is not consolidated");
    }
  };

  CwrStar(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    const at::NoGradGuard no_grad;
    frozen_ = options_.freeze && !task.first();
    set_training(true);
    classes_ = task.classes();
    const auto outputs = net().info().outputs;
    seen_now_ = at::zeros({outputs}, at::kLong);
    auto weights = at::zeros({outputs, net().info().features.dim[0]});
    auto before = at::zeros({outputs}, at::kLong);
    if (consolidated_.defined()) {
      weights.narrow(0, 0, consolidated_.size(0)).copy_(consolidated_);
      before.narrow(0, 0, consolidated_.size(0)).copy_(seen_before_);
    }
    consolidated_ = weights;
    seen_before_ = before;
    const auto present = at::tensor(classes_, at::kLong);
    cwr_star::set_head_weights(
        net(), at::zeros_like(consolidated_)
                   .index_copy_(0, present, consolidated_.index_select(0, present)));
    if (!options_.bias) {
      net().values().masked_fill_(clh::parameter_mask(net().info(), clh::is_head_bias), 0);
    }
    held_ = at::Tensor();
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto loss = criterion(outputs(batch.inputs), batch.labels);
    loss.backward();
    if (!held_.defined()) {
      held_ = held();
    }
    clh::masked_step(optimizer(), net(), held_);
    if (batch.epoch == 0) {
      seen_now_.add_(at::bincount(batch.labels, {}, seen_now_.size(0)));
    }
    return loss.item<double>();
  }

  /// Consolidates the weights of this task's classes, and puts all consolidated ones to work.
  void end_task(const clh::Task&) override {
    const at::NoGradGuard no_grad;
    const auto trained = cwr_star::head_weights(net());
    const auto mean = trained.index_select(0, at::tensor(classes_, at::kLong)).mean();
    for (const auto c : classes_) {
      const auto now = seen_now_[c].item<double>();
      if (now > 0) {
        const auto past = std::sqrt(seen_before_[c].item<double>() / now);  // of a new class: 0
        consolidated_[c].mul_(past).add_(trained[c] - mean).div_(past + 1);
      }
    }
    seen_before_.add_(seen_now_);
    cwr_star::set_head_weights(net(), consolidated_);
  }

  void set_training(bool on) override {
    if (on && frozen_) {
      net().set_training(false);
    }
  }

  void state(clh::Archive& archive) override {
    archive("frozen", frozen_)("classes", classes_)("consolidated", consolidated_);
    archive("seen-now", seen_now_)("seen-before", seen_before_);
    held_ = at::Tensor();
  }

 private:
  at::Tensor outputs(const at::Tensor& x) const {
    if (!frozen_) {
      return net().forward(x);
    }
    at::Tensor features;
    {
      const at::NoGradGuard frozen;
      features = net().features(x);
    }
    return net().classify(features);
  }

  /// [P]: true at what a step may not move.
  at::Tensor held() const {
    const auto none = at::zeros({net().info().n_values}, at::kBool);
    const auto backbone = frozen_ ? clh::parameter_mask(net().info(), clh::is_backbone) : none;
    return options_.bias
               ? backbone
               : backbone.logical_or(clh::parameter_mask(net().info(), clh::is_head_bias));
  }

  Options options_;
  bool frozen_ = false;
  std::vector<std::int64_t> classes_;  // of the present task
  at::Tensor seen_now_, seen_before_;  // [C] samples of each output, in one epoch of each task
  at::Tensor consolidated_;            // [C, F], 0 for a class never seen
  at::Tensor held_;                    // [P]; undefined = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<CwrStar>("cwr-star", "Copy weights with re-initialisation, CWR*"));
