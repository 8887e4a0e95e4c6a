// AsymmetricReplay: experience replay whose incoming batch competes among its own classes alone, so
// that new classes do not push the old ones down; replayed samples compete among all seen classes.
// Caccia et al., "New Insights on Reducing Abrupt Representation Change in Online Continual
// Learning", arXiv:2104.05025, eq. 3 and 4.
// Differs from the paper: stored samples are augmented afresh at every replay; the head is linear,
// not cosine. `formula=reference-code` is the form of the published code: every output from the
// highest seen class on competes in the batch, and every output for replayed samples.
#include <clh/model.hpp>
#include <clh/replay_limits.hpp>
#include <clh/reservoir_buffer.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <limits>

namespace {

enum class Formula { kPaper, kReferenceCode };

class AsymmetricReplay final : public clh::Model {
 public:
  static constexpr const char* kCite = "Caccia et al. 2022, arXiv:2104.05025";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    bool task_free = false;
    double weight = 1;
    Formula formula = Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
      option("task-free", task_free,
             "do so in the first task too, where else plain steps are taken; a stream without "
             "tasks always does");
      option("weight", weight, "factor on the sum of both losses; 0.5 = their mean").above(0);
      option("formula", formula,
             "reference-code: unseen classes compete too, see the published code")
          .choices({"paper", "reference-code"});
    }
  };

  AsymmetricReplay(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        asymmetric_(options.task_free || scenario() == clh::Scenario::kTaskFree),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {
    clh::require_draw_fits(options.minibatch, options.buffer_size);
  }

  void begin_task(const clh::Task& task) override { asymmetric_ = asymmetric_ || !task.first(); }

  double observe(const clh::Batch& batch) override {
    see(batch.labels);
    optimizer().zero_grad();
    const auto outputs = net().forward(batch.inputs);
    auto loss =
        criterion(asymmetric_ ? only(present(batch.labels), outputs) : outputs, batch.labels);
    if (asymmetric_ && !memory_.empty()) {
      const auto old = memory_.sample(options_.minibatch > 0 ? options_.minibatch : batch.size());
      const auto replayed = net().forward(augment(old.raw));
      const bool all = options_.formula == Formula::kReferenceCode;
      loss = loss + criterion(all ? replayed : only(seen_, replayed), old.labels);
      loss = loss * options_.weight;
    }
    loss.backward();
    optimizer().step();
    memory_.add(batch.raw, batch.labels);
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override {
    archive("memory", memory_)("seen", seen_)("asymmetric", asymmetric_);
  }

 private:
  /// outputs [B, C] with -inf for the classes that do not compete.
  static at::Tensor only(const at::Tensor& competing, const at::Tensor& outputs) {
    return outputs.masked_fill(competing.logical_not(), -std::numeric_limits<float>::infinity());
  }

  /// Adds labels [B] to the seen classes.
  void see(const at::Tensor& labels) {
    const auto known = seen_.defined() ? seen_.size(0) : 0;
    if (const auto grown = net().info().outputs - known; grown > 0) {
      const auto unseen = at::zeros({grown}, at::kBool);
      seen_ = known > 0 ? at::cat({seen_, unseen}) : unseen;
    }
    seen_.index_fill_(0, labels, true);
  }

  /// Classes that compete in a batch with these labels, [C] bool.
  at::Tensor present(const at::Tensor& labels) const {
    auto rivals = at::zeros_like(seen_).index_fill_(0, labels, true);
    if (options_.formula == Formula::kReferenceCode) {
      const auto highest = seen_.nonzero().max().item<std::int64_t>();
      rivals.narrow(0, highest, rivals.size(0) - highest).fill_(true);
    }
    return rivals;
  }

  Options options_;
  bool asymmetric_;
  clh::ReservoirBuffer memory_;
  at::Tensor seen_;  // [C] bool
};

}  // namespace

CLH_PLUGIN(clh::model<AsymmetricReplay>("er-ace", "Replay with asymmetric cross-entropy",
                                        {"class-il", "task-il", "task-free"}));
