// ElasticWeightConsolidation: parameters that mattered to earlier tasks are held by springs whose
// stiffness is the diagonal Fisher information.
// Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", arXiv:1612.00796,
// eq. 3 (`mode=separate`); Schwarz et al., "Progress & Compress", arXiv:1805.06370, section 3.2
// (`mode=online`, the decay applied when a task ends).
// Differs from the papers: the springs of `separate` are kept as their sum, which is one spring per
// parameter at the weighted mean of the anchors; no spring is stiffer than 1 / learning rate, so
// that a plain step never overshoots the anchor, however large lambda is. `formula=reference-code`
// is the form behind the table of arXiv:2004.07211: online, `fisher=confidence`, no factor 1/2,
// stiffness not bounded; its pass over augmented samples is not copied.
#include <clh/losses/active_outputs.hpp>
#include <clh/model.hpp>
#include <clh/parameters/quadratic_penalty.hpp>

#include <algorithm>
#include <string>

#include "fisher.hpp"

namespace {

enum class Mode { kOnline, kSeparate };
enum class Formula { kPaper, kReferenceCode };

class ElasticWeightConsolidation final : public clh::Model {
 public:
  static constexpr const char* kCite = "Kirkpatrick et al. 2017, arXiv:1612.00796";
  struct Options {
    Mode mode = Mode::kOnline;
    double lambda = 100;
    double gamma = 1;
    ewc::Fisher fisher = ewc::Fisher::kExact;
    std::int64_t fisher_n = 0;
    bool half = true;
    clh::Active active = clh::Active::kAll;
    Formula formula = Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("mode", mode, "one decaying Fisher and the last anchor, or a spring for each task")
          .choices({"online", "separate"});
      option("lambda", lambda, "strength; its scale depends on `fisher` and `half-lambda`").min(0);
      option("gamma", gamma, "factor on the old Fisher at each task's end, with mode=online")
          .range(0, 1);
      option("fisher", fisher, "whose likelihood is differentiated, and how it is averaged")
          .choices({"exact", "sample", "empirical", "predicted", "batched", "confidence"});
      option("fisher-samples", fisher_n, "samples of the task behind its Fisher; 0 = all").min(0);
      option("half-lambda", half, "penalty lambda/2 F d^2; false: lambda F d^2");
      clh::ActiveOutputs::bind(option, active);
      option("formula", formula,
             "reference-code: mode=online fisher=confidence half-lambda=false, whatever is set")
          .choices({"paper", "reference-code"});
    }
  };

  ElasticWeightConsolidation(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(as_published(options)),
        active_(options.active, net(), scenario()),
        penalty_(strength(), bound()) {}

  void begin_task(const clh::Task& task) override { active_.begin_task(task); }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    optimizer().zero_grad();
    const auto outputs = active_.only(net().forward(batch.inputs), batch.labels);
    const auto loss = criterion(outputs, batch.labels);
    loss.backward();
    const auto penalty = penalty_.add_gradient(net(), optimizer().rate());
    optimizer().step();
    return loss.item<double>() + penalty;
  }

  void end_task(const clh::Task& task) override {
    const auto fisher = ewc::fisher_diagonal(
        *this, net(), optimizer(), task,
        {options_.fisher, options_.fisher_n, batch_size_, active_.present()}, rng("method"));
    const auto values = net().values();
    if (options_.mode == Mode::kSeparate) {
      penalty_.add(fisher, values);
    } else {
      penalty_.replace(penalty_.importance_of(values.size(0)) * options_.gamma + fisher, values);
    }
    const auto steepness = penalty_.stability_factor(optimizer().rate());
    if (options_.formula == Formula::kReferenceCode && steepness >= 2) {
      log(kWarning,
          "lambda: expected learning rate * stiffness < 2, above which plain SGD diverges, found " +
              std::to_string(steepness));
    }
  }

  void state(clh::Archive& archive) override {
    archive("active", active_)("penalty", penalty_)("batch-size", batch_size_);
  }

 private:
  static Options as_published(Options options) {
    if (options.formula == Formula::kReferenceCode) {
      options.mode = Mode::kOnline;
      options.fisher = ewc::Fisher::kConfidence;
      options.half = false;
    }
    return options;
  }
  double strength() const { return options_.half ? options_.lambda : 2 * options_.lambda; }
  clh::QuadraticPenalty::Bound bound() const {
    return options_.formula == Formula::kReferenceCode ? clh::QuadraticPenalty::Bound::kNone
                                                       : clh::QuadraticPenalty::Bound::kRate;
  }

  Options options_;
  clh::ActiveOutputs active_;
  clh::QuadraticPenalty penalty_;
  std::int64_t batch_size_ = 1;  // the stream's, as far as seen
};

}  // namespace

CLH_PLUGIN(clh::model<ElasticWeightConsolidation>("ewc", "Elastic weight consolidation"));
