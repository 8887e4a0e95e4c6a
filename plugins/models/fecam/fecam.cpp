// Fecam: the class whose mean is nearest in a Mahalanobis distance of its own, on features that do
// not change after the first task.
// Goswami et al., "FeCAM: Exploiting the Heterogeneity of Class Distributions in Exemplar-Free
// Continual Learning", arXiv:2309.14062.
// Features are raised to the power `tukey`; each class's covariance is shrunk, twice as the paper's
// experiments do, and brought to correlations. Differs from the public code: means are those of the
// transformed features, the first task too is classified so, each covariance is factorised once
// (Cholesky) instead of inverted for each batch, and `shared-covariance` is the mean of the
// classes' covariances, not that of the tasks'. The network takes plain steps in the first task;
// `backbone=frozen` leaves it as it is.
#include <clh/losses/normalize_rows.hpp>
#include <clh/model.hpp>
#include <clh/networks/eval_features.hpp>
#include <clh/networks/for_each_batch.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

namespace {

enum class Training { kFirstTask, kFrozen };

class Fecam final : public clh::Model {
 public:
  static constexpr const char* kCite = "Goswami et al. 2023, arXiv:2309.14062";
  struct Options {
    double gamma1 = 1;
    double gamma2 = 1;
    double tukey = 0.5;
    bool shared_cov = false;
    Training backbone = Training::kFirstTask;
    void bind(clh::OptionBinder& option) {
      option("gamma1", gamma1, "shrinkage: times the mean variance, added to the variances").min(0);
      option("gamma2", gamma2, "shrinkage: times the mean covariance, added to the covariances")
          .min(0);
      option("tukey", tukey, "power that features are raised to; 1 = as they are").above(0);
      option("shared-covariance", shared_cov, "one covariance for all classes, the mean of theirs");
      option("backbone", backbone, "how the network learns: in the first task alone, or not at all")
          .choices({"first-task", "frozen"});
    }
  };

  Fecam(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    training_ = task.first() && options_.backbone == Training::kFirstTask;
  }

  /// Returns: the loss of the step, 0 without one.
  double observe(const clh::Batch& batch) override {
    if (!training_) {
      return 0;
    }
    return Model::learn(criterion(net().forward(batch.inputs), batch.labels));
  }

  void end_task(const clh::Task& task) override {
    std::map<std::int64_t, std::vector<at::Tensor>> features;
    clh::for_each_batch(*this, task, kPiece, [&](const clh::TaskSamples& read) {
      const auto x = transform(clh::eval_features(net(), read.inputs));
      for (const auto c : task.classes()) {
        features[c].push_back(x.index_select(0, read.labels.eq(c).nonzero().squeeze(1)));
      }
    });
    for (const auto& [output, pieces] : features) {
      learn(output, at::cat(pieces).to(at::kDouble));
    }
    factorise();  // now, so that a shrinkage that is too weak ends the run here
  }

  at::Tensor predict(const clh::Query& query) override {
    if (seen_.empty()) {
      return net().forward(query.inputs);
    }
    if (factors_.empty()) {
      factorise();
    }
    const auto u = clh::normalize_rows(transform(net().features(query.inputs)).to(at::kDouble));
    auto all = at::full({u.size(0), net().info().outputs}, std::numeric_limits<float>::lowest());
    for (std::size_t i = 0; i < seen_.size(); ++i) {
      const auto& factor = factors_[options_.shared_cov ? 0 : i];
      const auto away = u - clh::normalize_rows(means_[i].unsqueeze(0));
      const auto solved = at::linalg_solve_triangular(factor, away.t(), false);
      all.select(1, seen_[i]).copy_(solved.square().sum(0).neg());
    }
    return all;
  }

  void state(clh::Archive& archive) override {
    archive("training", training_)("seen", seen_)("means", means_)("covariances", covariances_);
    factors_.clear();
    if (means_.size() != seen_.size() || covariances_.size() != seen_.size()) {
      throw clh::StatusError(CLH_E_STATE, "fecam: expected a mean and a covariance of each of " +
                                              std::to_string(seen_.size()) +
                                              " classes, found others");
    }
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result

  /// Tukey's ladder of powers. Errors: UsageError where a feature has none.
  at::Tensor transform(const at::Tensor& features) const {
    if (options_.tukey == 1) {
      return features;
    }
    if (features.lt(0).any().item<bool>()) {
      throw clh::UsageError(
          "[model] tukey: expected 1 with a backbone whose features can be negative, found " +
          std::to_string(options_.tukey));
    }
    return features.pow(options_.tukey);
  }

  /// x [n, F], the class's transformed features.
  void learn(std::int64_t output, const at::Tensor& x) {
    if (x.size(0) == 0) {
      return;
    }
    const auto mean = x.mean(0), away = x - mean;
    const auto divisor = static_cast<double>(std::max<std::int64_t>(x.size(0) - 1, 1));
    const auto found = std::find(seen_.begin(), seen_.end(), output);
    const auto place = static_cast<std::size_t>(found - seen_.begin());
    if (found == seen_.end()) {
      seen_.push_back(output);
      means_.emplace_back();
      covariances_.emplace_back();
    }
    means_[place] = mean;
    covariances_[place] = away.t().matmul(away) / divisor;
  }

  /// S + gamma1 mean(diagonal) I + gamma2 mean(others) (1 - I).
  at::Tensor shrink(const at::Tensor& s) const {
    const auto width = static_cast<double>(s.size(0));
    const double trace = s.trace().item<double>(), total = s.sum().item<double>();
    const double other = width > 1 ? (total - trace) / (width * (width - 1)) : 0;
    const auto identity = at::eye(s.size(0), at::kDouble);
    return s + identity * (options_.gamma1 * trace / width) +
           (1 - identity) * (options_.gamma2 * other);
  }

  /// Lower Cholesky factor of the shrunk correlations of a covariance [F, F].
  at::Tensor factor_of(const at::Tensor& covariance) const {
    const auto shrunk = shrink(shrink(covariance));
    const auto variance = shrunk.diagonal();
    if (variance.max().item<double>() == 0) {  // a single sample, or features that never vary
      return at::eye(covariance.size(0), at::kDouble);
    }
    const auto deviation = variance.sqrt();
    const auto correlation = shrunk / deviation.unsqueeze(0) / deviation.unsqueeze(1);
    const auto [factor, failed] = at::linalg_cholesky_ex(correlation);
    if (failed.item<int>() != 0) {
      throw clh::UsageError(
          "[model] gamma1, gamma2: expected a shrinkage that makes every covariance invertible, "
          "found " +
          std::to_string(options_.gamma1) + " and " + std::to_string(options_.gamma2));
    }
    return factor;
  }

  void factorise() {
    factors_.clear();
    if (seen_.empty()) {
      return;
    }
    if (options_.shared_cov) {
      factors_.push_back(factor_of(at::stack(covariances_).mean(0)));
      return;
    }
    for (const auto& covariance : covariances_) {
      factors_.push_back(factor_of(covariance));
    }
  }

  Options options_;
  bool training_ = false;                        // in the first task
  std::vector<std::int64_t> seen_;               // outputs in the order of appearance
  std::vector<at::Tensor> means_, covariances_;  // of seen_[i]: [F], [F, F] float64
  std::vector<at::Tensor> factors_;              // [F, F]; empty = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<Fecam>("fecam", "Class means in class-wise Mahalanobis distances"));
