// SynapticIntelligence: each parameter is held as firmly as its own movement lowered the loss.
// Zenke, Poole, Ganguli, "Continual Learning Through Synaptic Intelligence", arXiv:1703.04200,
// eq. 3 to 5.
// Differs from the paper: the gradient is that of the task's loss alone, unless
// `grad-source=total`; an importance below 0 counts as 0; normalization layers are not held; no
// spring is stiffer than 1 / learning rate, so that a plain step never overshoots the anchor.
// `formula=reference-code` is the form behind the table of arXiv:2004.07211: gradients of loss and
// penalty together, clipped to [-1, 1], importances of either sign, stiffness not bounded.
#include <clh/losses/active_outputs.hpp>
#include <clh/model.hpp>
#include <clh/parameters/path_integral.hpp>
#include <clh/parameters/quadratic_penalty.hpp>

#include <ATen/core/Tensor.h>

#include <string>

namespace {

enum class Source { kTask, kTotal };
enum class Formula { kPaper, kReferenceCode };

class SynapticIntelligence final : public clh::Model {
 public:
  static constexpr const char* kCite = "Zenke et al. 2017, arXiv:1703.04200";
  struct Options {
    double c = 0.1;
    double xi = 0.1;
    Source grad_source = Source::kTask;
    double clip_value = 0;
    bool exclude_norm = true;
    clh::Active active = clh::Active::kAll;
    Formula formula = Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("strength", c, "strength: the penalty is c * importance * drift^2").min(0);
      option("xi", xi, "added to the squared drift that importances are divided by").above(0);
      option("grad-source", grad_source, "gradient in the path integral: with the penalty or not")
          .choices({"task", "total"});
      option("clip-value", clip_value, "largest magnitude of a gradient's entry; 0 = any").min(0);
      option("exclude-norm", exclude_norm, "leave the parameters of normalization layers free");
      clh::ActiveOutputs::bind(option, active);
      option("formula", formula,
             "reference-code: grad-source=total clip-value=1, importances of any sign")
          .choices({"paper", "reference-code"});
    }
  };

  SynapticIntelligence(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        active_(options.active, net(), scenario()),
        reference_code_(options.formula == Formula::kReferenceCode),
        penalty_(2 * options.c, reference_code_ ? clh::QuadraticPenalty::Bound::kNone
                                                : clh::QuadraticPenalty::Bound::kRate) {
    if (reference_code_) {
      if (options_.clip_value != 0) {
        throw clh::UsageError(
            "[model] clip-value: expected formula=paper beside it, found formula=reference-code, "
            "which is "
            "1");
      }
      options_.grad_source = Source::kTotal;
      options_.clip_value = 1;
    }
  }

  void begin_task(const clh::Task& task) override {
    active_.begin_task(task);
    start_ = net().values().clone();
    path_.clear();
  }

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto outputs = active_.only(net().forward(batch.inputs), batch.labels);
    const auto loss = criterion(outputs, batch.labels);
    loss.backward();
    if (options_.grad_source == Source::kTask) {
      path_.before_step(net());
    }
    const auto penalty = penalty_.add_gradient(net(), optimizer().rate());
    if (options_.clip_value > 0) {
      net().grads().clamp_(-options_.clip_value, options_.clip_value);
    }
    if (options_.grad_source == Source::kTotal) {
      path_.before_step(net());
    }
    optimizer().step();
    path_.after_step(net());
    return loss.item<double>() + penalty;
  }

  void end_task(const clh::Task&) override {
    const auto values = net().values();
    const auto count = values.size(0);
    auto importance = path_.sum(count) / (values - start_).square_().add_(options_.xi);
    if (!reference_code_) {
      importance.clamp_min_(0);
    }
    if (options_.exclude_norm) {
      free_norms(importance);
    }
    penalty_.replace(penalty_.importance_of(count) + importance, values);
  }

  void state(clh::Archive& archive) override {
    archive("active", active_)("penalty", penalty_)("path", path_)("start", start_);
  }

 private:
  /// Zeroes the entries of layers whose weight is a vector: they normalize.
  void free_norms(at::Tensor& importance) const {
    const auto& info = net().info();
    std::string layer = "none";
    for (std::int64_t i = 0; i < info.n_slots; ++i) {
      const auto& slot = info.slots[i];
      const std::string name = slot.name;
      const auto dot = name.rfind('.');
      if (name.substr(dot) == ".weight") {
        layer = slot.shape.rank == 1 ? name.substr(0, dot) : "none";
      }
      if (slot.shape.rank == 1 && name.substr(0, dot) == layer) {
        importance.narrow(0, slot.offset, slot.count).zero_();
      }
    }
  }

  Options options_;
  clh::ActiveOutputs active_;
  bool reference_code_;
  clh::QuadraticPenalty penalty_;
  clh::PathIntegral path_;
  at::Tensor start_;  // [P], values when the task began
};

}  // namespace

CLH_PLUGIN(clh::model<SynapticIntelligence>("si", "Synaptic intelligence"));
