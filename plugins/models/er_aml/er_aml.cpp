// AsymmetricMetricReplay: experience replay whose incoming batch is learned by contrast alone: each
// sample is drawn to one of its class and pushed off one of another class of the same task, so that
// new classes do not push the features of old ones away; replayed samples train the outputs.
// Caccia et al., "New Insights on Reducing Abrupt Representation Change in Online Continual
// Learning", arXiv:2104.05025, ER-AML.
// Differs from the paper: stored samples are augmented afresh at every draw; a batch in which no
// sample has both counterparts is learned through the outputs instead of being left out. Without
// tasks those classes count as the same task that are in the batch, as in the published code.
#include <clh/losses/normalize_rows.hpp>
#include <clh/losses/supervised_contrastive.hpp>
#include <clh/memory/replay_memory.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <set>
#include <vector>

namespace {

struct Options : clh::ReplayOptions {
  bool task_free = false;
  double tau = 0.1;
  double tau0 = 0.07;
  bool neg_same_task = true;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("task-free", task_free,
           "contrast in the first task too, where else plain steps are taken; a stream without "
           "tasks always does");
    option("tau", tau, "temperature of the contrast").above(0);
    option("tau0", tau0, "the contrast is multiplied by tau / tau0").above(0);
    option("neg-same-task", neg_same_task,
           "push off classes of the same task alone, not every other class");
  }
};

class AsymmetricMetricReplay final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Caccia et al. 2022, arXiv:2104.05025";
  using ModelOf::ModelOf;

  void begin_task(const clh::Task& task) override {
    contrasts_ = contrasts_ || !task.first();
    classes_ = task.classes();
  }

  double observe(const clh::Batch& batch) override {
    auto loss = contrasts_ ? contrast(batch) : at::Tensor();
    if (!loss.defined()) {
      loss = criterion(net().forward(batch.inputs), batch.labels);
    }
    if (contrasts_ && !memory_.empty()) {
      const auto old = memory_.draw(batch);
      loss = loss + criterion(net().forward(augment(old.raw)), old.labels);
    }
    const auto value = learn(loss);
    memory_.add(batch);
    return value;
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override {
    archive("memory", memory_)("classes", classes_)("contrasts", contrasts_);
  }

 private:
  /// The samples with counterparts, and their counterparts' places in memory and batch.
  struct Pairs {
    std::vector<std::int64_t> anchors, positives, negatives;
  };

  /// Draws the counterparts. Inputs: labels of the pool, memory first, the batch's B last.
  Pairs draw(const std::vector<std::int64_t>& pool, std::int64_t batch) {
    const auto first = static_cast<std::int64_t>(pool.size()) - batch;
    std::set<std::int64_t> mine(classes_.begin(), classes_.end());
    if (options().task_free || mine.empty()) {
      mine = {pool.begin() + first, pool.end()};
    }
    auto random = rng("buffer.sample");
    Pairs pairs;
    for (std::int64_t anchor = 0; anchor < batch; ++anchor) {
      const auto label = pool[static_cast<std::size_t>(first + anchor)];
      std::vector<std::int64_t> same, other;
      for (std::int64_t i = 0; i < first + batch; ++i) {
        const auto found = pool[static_cast<std::size_t>(i)];
        if (found == label && i != first + anchor) {
          same.push_back(i);
        } else if (found != label && (!options().neg_same_task || mine.count(found) > 0)) {
          other.push_back(i);
        }
      }
      if (!same.empty() && !other.empty()) {
        const auto any = [&](const std::vector<std::int64_t>& of) {
          return of[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(of.size())))];
        };
        pairs.anchors.push_back(anchor);
        pairs.positives.push_back(any(same));
        pairs.negatives.push_back(any(other));
      }
    }
    return pairs;
  }

  /// The contrast of the batch with its counterparts; undefined if no sample has both.
  at::Tensor contrast(const clh::Batch& batch) {
    const auto held = memory_.empty() ? clh::Exemplars{} : memory_.all();
    const auto labels =
        (memory_.empty() ? batch.labels : at::cat({held.labels, batch.labels})).contiguous();
    const auto* first = labels.data_ptr<std::int64_t>();
    const auto pairs = draw({first, first + labels.size(0)}, batch.size());
    if (pairs.anchors.empty()) {
      return {};
    }
    std::vector<at::Tensor> raw;
    auto counterparts = pairs.positives;
    counterparts.insert(counterparts.end(), pairs.negatives.begin(), pairs.negatives.end());
    const auto stored = labels.size(0) - batch.size();
    for (const auto place : counterparts) {
      raw.push_back(place < stored ? held.raw[place] : batch.raw[place - stored]);
    }
    const auto own = at::tensor(pairs.anchors, at::kLong);
    const auto anchors = clh::normalize_rows(net().features(batch.inputs).index_select(0, own));
    const auto set = clh::normalize_rows(net().features(augment(at::stack(raw))));
    return clh::supervised_contrastive(anchors, batch.labels.index_select(0, own), set,
                                       labels.index_select(0, at::tensor(counterparts, at::kLong)),
                                       {options().tau, options().tau0});
  }

  bool contrasts_ = options().task_free || scenario() == clh::Scenario::kTaskFree;
  std::vector<std::int64_t> classes_;  // of the present task; empty without tasks
  clh::ReplayMemory memory_{*this, options()};
};

}  // namespace

CLH_PLUGIN(clh::model<AsymmetricMetricReplay>("er-aml", "Replay with asymmetric metric learning"));
