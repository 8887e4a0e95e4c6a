// GradientEpisodicMemory: a step may not raise the loss on the memory of any earlier task.
// Lopez-Paz and Ranzato, "Gradient Episodic Memory for Continual Learning", arXiv:1706.08840,
// Algorithm 1 and eq. 11.
// Differs from the paper: v >= gamma is the constraint of the dual programme, as in the authors'
// code, where the text adds gamma to the solution of v >= 0; exemplars are drawn at random from the
// finished task unless `selection=last`, and are augmented afresh at every step.
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/task_memory.hpp>
#include <clh/model.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/tensor.h>

#include "box_qp.hpp"

namespace {

enum class Selection { kRandom, kLast };

class GradientEpisodicMemory final : public clh::Model {
 public:
  static constexpr const char* kCite = "Lopez-Paz and Ranzato 2017, arXiv:1706.08840";
  struct Options {
    std::int64_t buffer_size = 500;
    double gamma = 0.5;
    double epsilon = 1e-3;
    Selection selection = Selection::kRandom;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each task")
          .min(1)
          .at_least(clh::kTasks);
      option("gamma", gamma, "least weight of each earlier task's gradient in a bent step").min(0);
      option("epsilon", epsilon, "added to the diagonal of the programme's matrix")
          .above(0)
          .advanced();
      option("selection", selection, "which samples of a finished task are kept")
          .choices({"random", "last"});
    }
  };

  GradientEpisodicMemory(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), memory_(rng("buffer.sample")) {}

  void begin_task(const clh::Task& task) override {
    past_ = memory_.parts();
    memory_.open(clh::part_of_each(options_.buffer_size, task.count()));
    rows_ = at::empty({past_, net().values().size(0)}, at::kDouble);
  }

  double observe(const clh::Batch& batch) override {
    for (std::int64_t k = 0; k < past_; ++k) {
      const auto old = memory_.part(k);
      optimizer().zero_grad();
      criterion(net().forward(augment(old.raw)), old.labels).backward();
      rows_.select(0, k).copy_(net().grads());
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    if (past_ > 0) {
      bend(net().grads());
    }
    optimizer().step();
    if (options_.selection == Selection::kLast) {
      memory_.add(batch);
    }
    return loss.item<double>();
  }

  void end_task(const clh::Task& task) override {
    if (options_.selection == Selection::kRandom) {
      auto stream = rng("buffer.insert");
      const auto quota = clh::part_of_each(options_.buffer_size, task.count());
      const auto kept = task.read(clh::draw_distinct(stream, task.size(), quota));
      memory_.add(kept.raw, kept.labels);
    }
  }

  void state(clh::Archive& archive) override {
    archive("memory", memory_)("past", past_);
    if (archive.loading()) {
      rows_ = at::empty({past_, net().values().size(0)}, at::kDouble);
    }
  }

 private:
  /// g <- g + G^T v if <g, g_k> < 0 for a past task k, v the solution of
  /// min_{v >= gamma} 1/2 v^T (G G^T + eps I) v + (G g)^T v; else g keeps its bits. g [P].
  void bend(at::Tensor g) const {
    const auto along = rows_.mv(g.to(at::kDouble));
    if (along.ge(0).all().item<bool>()) {
      return;
    }
    const auto gram = rows_.mm(rows_.t());
    const auto p =
        ((gram + gram.t()) / 2 + at::eye(past_, at::kDouble) * options_.epsilon).contiguous();
    const auto n = static_cast<std::size_t>(past_);
    const auto *p_data = p.data_ptr<double>(), *q_data = along.data_ptr<double>();
    const auto v =
        gem::solve_box_qp({{p_data, p_data + n * n}, {q_data, q_data + n}, options_.gamma});
    g.add_(rows_.t().mv(at::tensor(v, at::kDouble)));
  }

  Options options_;
  clh::TaskMemory memory_;
  std::int64_t past_ = 0;             // tasks that ended
  at::Tensor rows_ = at::empty({0});  // G [past, P]: gradients on the memory of each, scratch
};

}  // namespace

CLH_PLUGIN(clh::model<GradientEpisodicMemory>("gem", "Gradient episodic memory"));
