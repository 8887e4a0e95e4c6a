// LessForgetting: after the first task the output layer is frozen, and the features are drawn to
// those of a copy of the network from before the task, which they start from.
// Jung et al., "Less-forgetting Learning in Deep Neural Networks", arXiv:1607.00122.
// Differs from the paper: it has two domains, here every task after the first is a target domain;
// where a task brings outputs of its own (task-il), those of earlier tasks alone are frozen.
#include <clh/memory/seen_classes.hpp>
#include <clh/model.hpp>
#include <clh/parameters/masked_step.hpp>
#include <clh/parameters/parameter_mask.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

namespace {

enum class Distance { kHalfSum, kMean };

class LessForgetting final : public clh::Model {
 public:
  static constexpr const char* kCite = "Jung et al. 2016, arXiv:1607.00122";
  struct Options {
    double lambda_e = 0.1;
    Distance distance = Distance::kHalfSum;
    void bind(clh::OptionBinder& option) {
      option("lambda-e", lambda_e, "weight of the distance between new and old features").min(0);
      option("distance", distance,
             "half-sum: half the squared Euclidean distance; mean: the mean square over the "
             "features, which is smaller by half their number")
          .choices({"half-sum", "mean"});
    }
  };

  LessForgetting(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    seen_.begin_task(task.classes());
    held_ = at::Tensor();
    if (!task.first()) {
      teacher_ = net().frozen_copy();
    }
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto [outputs, features] = net().both(batch.inputs);
    auto loss = criterion(outputs, batch.labels);
    if (teacher_) {
      loss = loss.add(distance(features, teacher_.features(batch.inputs)), options_.lambda_e);
    }
    loss.backward();
    if (!held_.defined()) {
      held_ = clh::output_mask(net().info(), seen_.before());
    }
    clh::masked_step(optimizer(), net(), held_);
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override {
    archive("seen", seen_);
    archive_network(archive, "teacher", teacher_);
    held_ = at::Tensor();
  }

 private:
  /// Mean over the samples. Inputs: now, old [B, F].
  at::Tensor distance(const at::Tensor& now, const at::Tensor& old) const {
    const auto squared = (now - old).square();
    return options_.distance == Distance::kMean ? squared.mean() : squared.sum(1).mean() / 2;
  }

  Options options_;
  clh::SeenClasses seen_;
  clh::Network teacher_;
  at::Tensor held_;  // [P] true at the parameters of earlier outputs; undefined = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<LessForgetting>("lfl", "Less-forgetting learning"));
