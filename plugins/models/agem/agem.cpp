// AveragedGem: a step may not raise the loss on a batch drawn from the memory of earlier tasks.
// Chaudhry et al., "Efficient Lifelong Learning with A-GEM", arXiv:1812.00420, eq. 11 and Alg. 2.
// Differs from the paper: stored samples are augmented afresh at every replay; `epsilon` (0 = the
// paper) is added to the squared norm, as van de Ven et al. 2022 do.
#include <clh/losses/active_outputs.hpp>
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/task_memory.hpp>
#include <clh/model.hpp>
#include <clh/parameters/gradient_projection.hpp>

#include <ATen/ops/empty.h>

namespace {

class AveragedGem final : public clh::Model {
 public:
  static constexpr const char* kCite = "Chaudhry et al. 2019, arXiv:1812.00420";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 128;
    double epsilon = 0;
    clh::Active active = clh::Active::kAll;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, an equal part for each task")
          .min(1)
          .at_least(clh::kTasks);
      option("minibatch", minibatch, "exemplars behind each reference gradient").min(1);
      option("epsilon", epsilon, "added to the reference gradient's squared norm")
          .min(0)
          .advanced();
      clh::ActiveOutputs::bind(option, active);
    }
  };

  AveragedGem(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        active_(options.active, net(), scenario()),
        memory_(rng("buffer.sample")) {}

  void begin_task(const clh::Task& task) override {
    active_.begin_task(task);
    part_ = clh::part_of_each(options_.buffer_size, task.count());
  }

  double observe(const clh::Batch& batch) override {
    const bool constrained = !memory_.empty();
    if (constrained) {
      const auto old = memory_.sample(options_.minibatch);
      optimizer().zero_grad();
      loss(augment(old.raw), old.labels).backward();
      const auto reference = net().grads();
      reference_.resize_as_(reference).copy_(reference);
    }
    optimizer().zero_grad();
    const auto present = loss(batch.inputs, batch.labels);
    present.backward();
    if (constrained) {
      clh::project(net().grads(), reference_, options_.epsilon);
    }
    optimizer().step();
    return present.item<double>();
  }

  /// Keeps floor(B/T) samples of the finished task.
  void end_task(const clh::Task& task) override {
    auto stream = rng("buffer.insert");
    const auto kept = task.read(clh::draw_distinct(stream, task.size(), part_));
    memory_.open(part_);
    memory_.add(kept.raw, kept.labels);
  }

  void state(clh::Archive& archive) override {
    archive("active", active_)("memory", memory_)("part", part_);
  }

 private:
  at::Tensor loss(const at::Tensor& inputs, const at::Tensor& labels) {
    return criterion(active_.only(net().forward(inputs), labels), labels);
  }

  Options options_;
  clh::ActiveOutputs active_;
  clh::TaskMemory memory_;
  std::int64_t part_ = 1;                  // of each task, floor(B/T)
  at::Tensor reference_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<AveragedGem>("agem", "Averaged gradient episodic memory"));
