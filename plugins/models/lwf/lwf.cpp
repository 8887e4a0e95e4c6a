// LearningWithoutForgetting: a frozen copy from before the task teaches the old outputs.
// Li and Hoiem, "Learning without Forgetting", arXiv:1606.09282, eq. 1 to 3; with a multi-head one
// distillation term for each old block.
// Differs from the paper: no warm-up of the new outputs unless `warmup-epochs` asks for it, and the
// teacher sees each batch as the network does. `formula=reference-code` is the form behind the
// table of arXiv:2004.07211: the head is warmed up first on fixed eval-mode features, the warmed-up
// network is the teacher, on samples that are not augmented, and |theta|^2 is part of the loss.
#include <clh/model.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <limits>
#include <set>
#include <vector>

namespace {

enum class Support { kOld, kAll };
enum class Formula { kPaper, kReferenceCode };

class LearningWithoutForgetting final : public clh::Model {
 public:
  static constexpr const char* kCite = "Li and Hoiem 2016, arXiv:1606.09282";
  struct Options {
    double alpha = 1;
    double temperature = 2;
    bool kd_t2 = false;
    Support support = Support::kOld;
    std::int64_t warmup_epochs = 0;
    double wd_reg = 0;
    Formula formula = Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("alpha", alpha, "weight of the distillation").min(0);
      option("temperature", temperature, "of both softmaxes in the distillation").above(0);
      option("temperature-squared", kd_t2, "multiply the distillation by the temperature squared");
      option("support", support, "outputs that are distilled: those of old classes, or every one")
          .choices({"old", "all"});
      option("warmup-epochs", warmup_epochs,
             "epochs of training the head alone before each later task; 0 = none, or with "
             "formula=reference-code as many as the task has")
          .min(0);
      option("weight-decay", wd_reg,
             "weight of |theta|^2 in the loss; 0 = none, or with formula=reference-code 0.0005")
          .min(0);
      option("formula", formula, "reference-code: warmed-up teacher, see the published DER suite")
          .choices({"paper", "reference-code"});
    }
  };

  LearningWithoutForgetting(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        reference_code_(options.formula == Formula::kReferenceCode),
        decay_(reference_code_ && options.wd_reg == 0 ? 5e-4 : options.wd_reg) {}

  void begin_task(const clh::Task& task) override {
    tasks_.push_back(task.classes());
    supports_known_ = false;
    if (task.first()) {
      return;
    }
    const bool own = reference_code_ && options_.warmup_epochs == 0;
    const auto epochs = own ? task.epochs() : options_.warmup_epochs;
    if (reference_code_) {
      warm_up(task, epochs);
      teacher_ = net().frozen_copy();
    } else {
      teacher_ = net().frozen_copy();
      warm_up(task, epochs);
    }
  }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    if (!supports_known_) {
      find_supports();
    }
    optimizer().zero_grad();
    const auto outputs = net().forward(batch.inputs);
    const auto loss = criterion(unseen_.defined() ? outputs + unseen_ : outputs, batch.labels);
    double distilled = 0;
    if (teacher_) {
      const auto target = teacher_.forward(reference_code_ ? normalize(batch.raw) : batch.inputs);
      const auto term = distillation(outputs.detach(), target);
      torch::autograd::backward({loss, outputs}, {at::ones_like(loss), term.gradient});
      distilled = term.value;
    } else {
      loss.backward();
    }
    double norm = 0;
    if (decay_ > 0) {
      const auto values = net().values();
      net().grads().add_(values, 2 * decay_);
      norm = values.dot(values).item<double>();
    }
    optimizer().step();
    return loss.item<double>() + distilled + decay_ * norm;
  }

  void state(clh::Archive& archive) override {
    archive("tasks", tasks_)("batch-size", batch_size_);
    archive_network(archive, "teacher", teacher_);
    supports_known_ = false;
  }

 private:
  /// [C]: 0 for the outputs given, -inf for the others.
  at::Tensor only(const std::set<std::int64_t>& outputs) const {
    auto mask = at::full({net().info().outputs}, -std::numeric_limits<float>::infinity());
    for (const auto output : outputs) {
      mask[output] = 0;
    }
    return mask;
  }

  /// The outputs seen so far, for the loss, and the groups of old ones, for the distillation.
  void find_supports() {
    const auto multi = net().info().head == CLH_HEAD_MULTI;
    std::set<std::int64_t> seen;
    old_.clear();
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      const bool present = t + 1 == tasks_.size();
      if (present && !multi && !seen.empty()) {
        old_.push_back(at::tensor(std::vector<std::int64_t>(seen.begin(), seen.end()), at::kLong));
      } else if (!present && multi) {
        old_.push_back(at::tensor(tasks_[t], at::kLong));
      }
      seen.insert(tasks_[t].begin(), tasks_[t].end());
    }
    const auto all = static_cast<std::int64_t>(seen.size()) == net().info().outputs;
    unseen_ = all ? at::Tensor() : only(seen);
    supports_known_ = true;
  }

  struct Distillation {
    double value;
    at::Tensor gradient;  // of the value in the outputs, [B, C]
  };

  /// alpha times the sum over the groups of -mean_n sum_c q_c log p_c with p = softmax(outputs/T),
  /// q = softmax(target/T) over the group. Its gradient, alpha (p - q) / (T n), is known, so that
  /// none of it needs a graph. Inputs: outputs, target [B, C].
  Distillation distillation(const at::Tensor& outputs, const at::Tensor& target) const {
    const at::NoGradGuard no_grad;
    const auto t = options_.temperature;
    auto gradient = at::zeros_like(outputs);
    double value = 0;
    const auto add = [&](const at::Tensor& z, const at::Tensor& from) {
      const auto log_p = (z / t).log_softmax(1), q = (from / t).softmax(1);
      value -= (q * log_p).sum().item<double>();
      return log_p.exp().sub_(q);
    };
    if (options_.support == Support::kAll) {
      gradient = add(outputs, target);
    } else {
      for (const auto& group : old_) {
        gradient.index_copy_(1, group,
                             add(outputs.index_select(1, group), target.index_select(1, group)));
      }
    }
    const auto weight =
        options_.alpha * (options_.kd_t2 ? t * t : 1) / static_cast<double>(outputs.size(0));
    return {weight * value, gradient.mul_(weight / t)};
  }

  /// Trains the head alone with plain SGD on eval-mode features and this task's outputs.
  void warm_up(const clh::Task& task, std::int64_t epochs) {
    const auto classes = task.classes();
    const auto others = only({classes.begin(), classes.end()});
    net().set_training(false);
    for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
      const auto order = rng("method").permutation(task.size());
      for (std::int64_t begin = 0; begin < task.size(); begin += batch_size_) {
        check_stop();
        const auto end = std::min(begin + batch_size_, task.size());
        const auto read =
            task.read({order.begin() + begin, order.begin() + end}, clh::View::kAugmented);
        optimizer().zero_grad();
        const auto outputs = net().classify(net().features(read.inputs).detach());
        criterion(outputs + others, read.labels).backward();
        net().values().sub_(net().grads(), optimizer().rate());  // the backbone's are zero
      }
    }
    optimizer().zero_grad();
    net().set_training(true);
  }

  Options options_;
  bool reference_code_;
  double decay_;
  std::vector<std::vector<std::int64_t>> tasks_;  // output indices of each task so far
  std::int64_t batch_size_ = 1;                   // the stream's, as far as seen
  clh::Network teacher_;
  bool supports_known_ = false;
  at::Tensor unseen_;            // [C] 0 or -inf; undefined once every output has been seen
  std::vector<at::Tensor> old_;  // groups of old outputs, indices [k]
};

}  // namespace

CLH_PLUGIN(clh::model<LearningWithoutForgetting>("lwf", "Learning without forgetting"));
