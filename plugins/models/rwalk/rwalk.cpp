// RiemannianWalk: parameters are held by the running Fisher information and by how much loss they
// saved for the distance that they went, both scaled to at most 1.
// Chaudhry et al., "Riemannian Walk for Incremental Learning", arXiv:1801.10112, eq. 6 to 9.
// Differs from the paper: no exemplars are kept; the Fisher information is the running mean of the
// squared batch gradients that training computes anyway; what is left of the last interval counts
// when a task ends; scores are cut at 1e30; no spring is stiffer than 1 / learning rate.
#include <clh/model.hpp>
#include <clh/parameters/path_integral.hpp>
#include <clh/parameters/quadratic_penalty.hpp>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <limits>

namespace {

class RiemannianWalk final : public clh::Model {
 public:
  static constexpr const char* kCite = "Chaudhry et al. 2018, arXiv:1801.10112";
  struct Options {
    double lambda = 0.1;
    double alpha = 0.9;
    std::int64_t delta_t = 10;
    double eps = 1.2e-7;
    void bind(clh::OptionBinder& option) {
      option("lambda", lambda, "strength of the penalty").min(0);
      option("alpha", alpha, "weight of a step's squared gradient in the running Fisher")
          .range(0, 1);
      option("delta-t", delta_t, "steps between two updates of the scores").min(1);
      option("epsilon", eps, "added to the distance that scores are divided by")
          .above(0)
          .advanced();
    }
  };

  RiemannianWalk(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), penalty_(2 * options.lambda) {}

  void begin_task(const clh::Task&) override {
    const auto values = net().values();
    checkpoint_ = values.clone();
    fisher_ = grown(fisher_, values.size(0));
    score_ = at::zeros_like(values);
    path_.clear();
    steps_ = 0;
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    path_.before_step(net());
    const auto penalty = penalty_.add_gradient(net(), optimizer().rate());
    optimizer().step();
    path_.after_step(net());
    const auto& gradient = path_.gradient();
    fisher_.mul_(1 - options_.alpha).addcmul_(gradient, gradient, options_.alpha);
    if (++steps_ % options_.delta_t == 0) {
      update_score();
    }
    return loss.item<double>() + penalty;
  }

  void end_task(const clh::Task& task) override {
    if (steps_ % options_.delta_t != 0) {
      update_score();
    }
    const auto count = score_.size(0);
    mean_score_ = task.first() ? score_ : (grown(mean_score_, count) + score_) / 2;
    penalty_.replace(at_most_one(fisher_) + at_most_one(mean_score_.clamp_min(0)), net().values());
  }

  void state(clh::Archive& archive) override {
    archive("penalty", penalty_)("path", path_)("fisher", fisher_)("score", score_);
    archive("mean-score", mean_score_)("checkpoint", checkpoint_)("steps", steps_);
  }

 private:
  static at::Tensor grown(const at::Tensor& vector, std::int64_t count) {
    return at::constant_pad_nd(vector, {0, count - vector.size(0)});
  }
  /// x >= 0 over its largest entry; zeros stay zeros.
  static at::Tensor at_most_one(const at::Tensor& x) {
    return x / x.max().clamp_min(std::numeric_limits<float>::min());
  }

  /// Loss saved per distance in the Fisher metric since the checkpoint, which moves here.
  void update_score() {
    constexpr double kLargest = 1e30;
    const auto values = net().values();
    const auto distance = (checkpoint_ - values).square_().mul_(fisher_).mul_(0.5);
    score_.add_(path_.sum(values.size(0)) / distance.add_(options_.eps));
    score_.nan_to_num_(0, kLargest, -kLargest).clamp_(-kLargest, kLargest);
    checkpoint_.copy_(values);
    path_.clear();
  }

  Options options_;
  clh::QuadraticPenalty penalty_;
  clh::PathIntegral path_;                                           // since the checkpoint
  at::Tensor fisher_ = at::zeros({0});                               // [P], running
  at::Tensor score_ = at::zeros({0}), mean_score_ = at::zeros({0});  // [P]: task, past tasks
  at::Tensor checkpoint_;                                            // [P]
  std::int64_t steps_ = 0;                                           // of this task
};

}  // namespace

CLH_PLUGIN(clh::model<RiemannianWalk>("rwalk", "Riemannian walk"));
