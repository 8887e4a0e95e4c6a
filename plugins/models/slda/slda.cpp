// Slda: linear discriminant analysis on features of a network that does not learn, its class means
// and its covariance kept up to date sample by sample.
// Hayes and Kanan, "Lifelong Machine Learning with Deep Streaming Linear Discriminant Analysis",
// arXiv:1909.01520: running class means, one running covariance, a linear classifier solved for.
// Differs from the paper: a deviation d from the mean of its class's n_y samples so far adds
// n_y / (n_y + 1) d d^T, which is exactly the covariance of all samples about their class means,
// where the paper takes the number n of all samples for n_y. So the first sample of a class adds
// nothing; `formula=reference-code` has the paper's n / (n + 1), and there the first sample of a
// class is compared with a mean of zero, as in the public code. The features are the network's as
// they are (`backbone=frozen`; without pre-trained weights these are random features) or from plain
// steps on the first task (`first-task`). With `base-init=oas` the covariance starts from the first
// task's, shrunk (Chen et al., arXiv:0907.4698, eq. 23), as in the paper's base initialisation.
#include <clh/losses/check_labels.hpp>
#include <clh/losses/running_class_means.hpp>
#include <clh/model.hpp>
#include <clh/networks/eval_features.hpp>
#include <clh/networks/for_each_batch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace {

enum class BaseInit { kNone, kOas };
enum class Training { kFrozen, kFirstTask };
enum class Formula { kPaper, kReferenceCode };

/// Oracle-approximating shrinkage of a covariance [F, F] of n samples.
at::Tensor oas(const at::Tensor& covariance, double n) {
  const auto p = static_cast<double>(covariance.size(0));
  const double square = covariance.square().sum().item<double>();  // Tr(S^2)
  const double trace = covariance.trace().item<double>();
  const double above = (1 - 2 / p) * square + trace * trace;
  const double below = (n + 1 - 2 / p) * (square - trace * trace / p);
  const double rho = below > 0 ? std::min(1.0, above / below) : 1.0;
  return covariance * (1 - rho) + at::eye(covariance.size(0), at::kDouble) * (rho * trace / p);
}

class Slda final : public clh::Model {
 public:
  static constexpr const char* kCite = "Hayes and Kanan 2020, arXiv:1909.01520";
  struct Options {
    double epsilon = 1e-4;
    bool plastic_cov = true;
    BaseInit base_init = BaseInit::kNone;
    Training backbone = Training::kFrozen;
    Formula formula = Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("epsilon", epsilon, "share of the identity in the covariance that is inverted")
          .above(0)
          .max(1);
      option("plastic-covariance", plastic_cov,
             "go on updating the covariance after its initialisation");
      option("base-init", base_init, "start from the first task's covariance, shrunk")
          .choices({"none", "oas"});
      option("backbone", backbone, "how the network learns: not at all, or in the first task alone")
          .choices({"frozen", "first-task"});
      option("formula", formula,
             "reference-code: weights by all samples; a class's first one counts from a mean of 0")
          .choices({"paper", "reference-code"});
    }
  };

  Slda(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {
    if (!options.plastic_cov && options.base_init == BaseInit::kNone) {
      throw clh::UsageError(
          "[model] plastic-covariance: expected true without base-init=oas, found false");
    }
    if (waits() && scenario() == clh::Scenario::kTaskFree) {
      throw clh::UsageError(
          "[model] base-init, backbone: expected none and frozen in a stream without boundaries, "
          "found another");
    }
  }

  void begin_task(const clh::Task& task) override { base_ = task.first() && waits(); }

  /// Returns: the mean squared distance to the class means, or the loss of the step.
  double observe(const clh::Batch& batch) override {
    if (base_) {
      return options_.backbone == Training::kFirstTask ? step(batch) : 0;
    }
    if (batch.epoch > 0) {
      return 0;  // every sample counts once
    }
    clh::check_labels(batch.labels, net().info().outputs);
    return learn(clh::eval_features(net(), batch.inputs), batch.labels);
  }

  void end_task(const clh::Task& task) override {
    if (!base_) {
      return;
    }
    base_ = false;
    clh::for_each_batch(*this, task, kPiece, [&](const clh::TaskSamples& read) {
      learn(clh::eval_features(net(), read.inputs), read.labels);
    });
    if (options_.base_init == BaseInit::kOas && count_ > 0) {
      const auto n = static_cast<double>(count_);
      scatter_ = oas(scatter_ / n, n) * n;
      covariance_learns_ = options_.plastic_cov;
    }
  }

  at::Tensor predict(const clh::Query& query) override {
    if (means_.empty()) {
      return net().forward(query.inputs);
    }
    if (!weights_.defined()) {
      solve();
    }
    const auto x = net().features(query.inputs);
    const auto scores = (x.to(at::kDouble).matmul(weights_) - offsets_).to(at::kFloat);
    auto all = at::full({x.size(0), net().info().outputs}, std::numeric_limits<float>::lowest());
    return all.index_copy_(1, at::tensor(seen_, at::kLong), scores);
  }

  void state(clh::Archive& archive) override {
    archive("base", base_)("covariance-learns", covariance_learns_)("means", means_);
    archive("count", count_)("scatter", scatter_);
    weights_ = at::Tensor();
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  /// Whether nothing is counted before the first task has ended.
  bool waits() const {
    return options_.base_init == BaseInit::kOas || options_.backbone == Training::kFirstTask;
  }

  double step(const clh::Batch& batch) {
    return Model::learn(criterion(net().forward(batch.inputs), batch.labels));
  }

  /// features [B, F], labels [B]; item by item in their order.
  double learn(const at::Tensor& features, const at::Tensor& labels) {
    weights_ = at::Tensor();
    const auto added = means_.add(features, labels);
    if (covariance_learns_) {
      std::vector<double> weight;
      for (const auto before : added.before) {
        const auto n =
            static_cast<double>(options_.formula == Formula::kReferenceCode ? count_ : before);
        weight.push_back(n / (n + 1));
        ++count_;
      }
      const auto scaled = added.deviations * at::tensor(weight, at::kDouble).unsqueeze(1);
      const auto more = scaled.t().matmul(added.deviations);
      scatter_ = scatter_.defined() ? scatter_ + more : more;
    }
    return added.deviations.square().sum(1).mean().item<double>();
  }

  /// Scores x^T A mu_c - mu_c^T A mu_c / 2 with A = [(1 - epsilon) Sigma + epsilon I]^-1.
  void solve() {
    const auto sigma = scatter_ / static_cast<double>(count_);
    const auto shrunk =
        sigma * (1 - options_.epsilon) + at::eye(sigma.size(0), at::kDouble) * options_.epsilon;
    seen_.clear();
    for (std::size_t c = 0; c < means_.counts().size(); ++c) {
      if (means_.counts()[c] > 0) {
        seen_.push_back(static_cast<std::int64_t>(c));
      }
    }
    const auto means = means_.means().index_select(0, at::tensor(seen_, at::kLong));
    weights_ = at::cholesky_solve(means.t(), at::linalg_cholesky(shrunk));
    offsets_ = (means.t() * weights_).sum(0) / 2;
  }

  Options options_;
  bool base_ = false;  // in the first task, which is learnt at its end
  bool covariance_learns_ = true;
  clh::RunningClassMeans means_;
  std::int64_t count_ = 0;          // samples in the covariance
  at::Tensor scatter_;              // [F, F] float64, count_ * Sigma
  std::vector<std::int64_t> seen_;  // outputs with a mean
  at::Tensor weights_, offsets_;    // [F, seen], [seen] float64; undefined = to be solved for
};

}  // namespace

CLH_PLUGIN(clh::model<Slda>("slda", "Streaming linear discriminant analysis"));
