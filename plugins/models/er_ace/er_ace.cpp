// AsymmetricReplay: experience replay whose incoming batch competes among its own classes alone, so
// that new classes do not push the old ones down; replayed samples compete among all seen classes.
// Caccia et al., "New Insights on Reducing Abrupt Representation Change in Online Continual
// Learning", arXiv:2104.05025, eq. 3 and 4.
// Differs from the paper: stored samples are augmented afresh at every replay; the head is linear,
// not cosine. `formula=reference-code` is the form of the published code: every output from the
// highest seen class on competes in the batch, and every output for replayed samples.
#include <clh/memory/replay_memory.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <limits>

namespace {

struct Options : clh::ReplayOptions {
  bool task_free = false;
  double weight = 1;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option,
                        "reference-code: unseen classes compete too, and memory takes a sample "
                        "anew in every epoch, as the published code does");
    option("task-free", task_free,
           "do so in the first task too, where else plain steps are taken; a stream without "
           "tasks always does");
    option("weight", weight, "factor on the sum of both losses; 0.5 = their mean").above(0);
  }
};

class AsymmetricReplay final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Caccia et al. 2022, arXiv:2104.05025";
  using ModelOf::ModelOf;

  void begin_task(const clh::Task& task) override { asymmetric_ = asymmetric_ || !task.first(); }

  double observe(const clh::Batch& batch) override {
    see(batch.labels);
    const auto outputs = net().forward(batch.inputs);
    auto loss =
        criterion(asymmetric_ ? only(present(batch.labels), outputs) : outputs, batch.labels);
    if (asymmetric_ && !memory_.empty()) {
      const auto old = memory_.draw(batch);
      const auto replayed = net().forward(augment(old.raw));
      const bool all = options().formula == clh::Formula::kReferenceCode;
      loss = loss + criterion(all ? replayed : only(seen_, replayed), old.labels);
      loss = loss * options().weight;
    }
    const auto value = learn(loss);
    memory_.add(batch);
    return value;
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

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
    if (options().formula == clh::Formula::kReferenceCode) {
      const auto highest = seen_.nonzero().max().item<std::int64_t>();
      rivals.narrow(0, highest, rivals.size(0) - highest).fill_(true);
    }
    return rivals;
  }

  bool asymmetric_ = options().task_free || scenario() == clh::Scenario::kTaskFree;
  clh::ReplayMemory memory_{*this, options()};
  at::Tensor seen_;  // [C] bool
};

}  // namespace

CLH_PLUGIN(clh::model<AsymmetricReplay>("er-ace", "Replay with asymmetric cross-entropy"));
