// ElasticWeightConsolidation: parameters that mattered to earlier tasks are held by springs whose
// stiffness is the diagonal Fisher information.
// Kirkpatrick et al., "Overcoming catastrophic forgetting in neural networks", arXiv:1612.00796,
// eq. 3 (`mode=separate`); Schwarz et al., "Progress & Compress", arXiv:1805.06370, section 3.2
// (`mode=online`, the decay applied when a task ends).
// Differs from the papers: the springs of `separate` are kept as their sum, which is one spring per
// parameter at the weighted mean of the anchors; no spring is stiffer than 1 / learning rate, so
// that a plain step never overshoots the anchor, however large lambda is. `variant=paper` is the
// form behind the table of arXiv:2004.07211: online, `fisher=confidence`, no factor 1/2, stiffness
// not bounded; its pass over augmented samples is not copied.
#include <clh/model.hpp>

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <string>

#include "fisher.hpp"

namespace {

enum class Mode { kOnline, kSeparate };
enum class Variant { kFixed, kPaper };

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
    Variant variant = Variant::kFixed;
    void bind(clh::OptionBinder& option) {
      option("mode", mode, "one decaying Fisher and the last anchor, or a spring for each task")
          .choices({"online", "separate"});
      option("lambda", lambda, "strength; its scale depends on `fisher` and `half`").min(0);
      option("gamma", gamma, "factor on the old Fisher at each task's end, with mode=online")
          .range(0, 1);
      option("fisher", fisher, "whose likelihood is differentiated, and how it is averaged")
          .choices({"exact", "sample", "empirical", "predicted", "batched", "confidence"});
      option("fisher-n", fisher_n, "samples of the task behind its Fisher; 0 = all").min(0);
      option("half", half, "penalty lambda/2 F d^2; false: lambda F d^2");
      option("variant", variant, "paper: mode=online fisher=confidence half=false, whatever is set")
          .choices({"fixed", "paper"});
    }
  };

  ElasticWeightConsolidation(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {
    if (options_.variant == Variant::kPaper) {
      options_.mode = Mode::kOnline;
      options_.fisher = ewc::Fisher::kConfidence;
      options_.half = false;
    }
  }

  double observe(const clh::Batch& batch) override {
    batch_size_ = std::max(batch_size_, batch.size());
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    const auto penalty = anchor_.defined() ? pull() : 0.0;
    optimizer().step();
    return loss.item<double>() + penalty;
  }

  void end_task(const clh::Task& task) override {
    const auto stream = rng("method");
    hold(ewc::fisher_diagonal(*this, net(), optimizer(), task,
                              {options_.fisher, options_.fisher_n, batch_size_}, stream));
    const auto steepest = optimizer().rate() * strength() * fisher_.max().item<double>();
    if (options_.variant == Variant::kPaper && steepest >= 2) {
      log(kWarning,
          "lambda: expected learning rate * stiffness < 2, above which plain SGD diverges, found " +
              std::to_string(steepest));
    }
  }

  void state(clh::Archive& archive) override {
    archive("fisher", fisher_)("anchor", anchor_)("offset", offset_)("batch-size", batch_size_);
    stiffness_ = at::Tensor();
  }

 private:
  /// The penalty is strength/2 * sum F (theta - anchor)^2.
  double strength() const { return options_.half ? options_.lambda : 2 * options_.lambda; }

  /// Adds the penalty's gradient to the flat one. Returns: the penalty.
  double pull() {
    const auto rate = optimizer().rate();
    if (!stiffness_.defined() || rate != stiffness_rate_) {
      stiffness_ = fisher_ * strength();
      if (options_.variant == Variant::kFixed) {
        stiffness_.clamp_max_(1 / rate);
      }
      stiffness_rate_ = rate;
    }
    const auto count = anchor_.size(0);  // parameters grown since then are free
    at::sub_out(drift_, net().values().narrow(0, 0, count), anchor_);
    at::mul_out(force_, stiffness_, drift_);
    net().grads().narrow(0, 0, count).add_(force_);
    return (force_.dot(drift_).item<double>() + strength() * offset_) / 2;
  }

  /// Adds the springs of the finished task: fisher [P] around the present values.
  void hold(const at::Tensor& fisher) {
    const auto values = net().values().clone();
    drift_ = at::empty({0});
    force_ = at::empty({0});
    stiffness_ = at::Tensor();
    if (!fisher_.defined()) {
      fisher_ = fisher;
      anchor_ = values;
      return;
    }
    const auto grown = values.size(0) - fisher_.size(0);
    const auto old = at::constant_pad_nd(fisher_, {0, grown});
    if (options_.mode == Mode::kOnline) {
      fisher_ = old * options_.gamma + fisher;
      anchor_ = values;
      return;
    }
    // a(x-p)^2 + b(x-q)^2 = (a+b)(x - p - s(q-p))^2 + a s (q-p)^2 with s = b/(a+b).
    fisher_ = old + fisher;
    const auto from = at::constant_pad_nd(anchor_, {0, grown});
    const auto share = fisher / fisher_.clamp_min(std::numeric_limits<float>::min());
    const auto apart = values - from;
    offset_ += (old * share * apart.square()).sum().item<double>();
    anchor_ = from + share * apart;
  }

  Options options_;
  std::int64_t batch_size_ = 1;  // the stream's, as far as seen
  at::Tensor fisher_, anchor_;   // [P at the end of the last task]
  double offset_ = 0;            // of the sum of springs with different anchors
  at::Tensor stiffness_;         // as anchor_; made anew when fisher_ or the rate changes
  double stiffness_rate_ = 0;
  at::Tensor drift_ = at::empty({0}), force_ = at::empty({0});  // scratch, as anchor_
};

}  // namespace

CLH_PLUGIN(clh::model<ElasticWeightConsolidation>("ewc", "Elastic weight consolidation",
                                                  clh::kTaskSettings));
