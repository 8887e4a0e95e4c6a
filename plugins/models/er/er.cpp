// ExperienceReplay: one joint step on the incoming batch and a batch drawn from memory.
// Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", arXiv:1902.10486, Alg. 1.
// Differs from the paper: stored samples are augmented afresh at every replay; replay begins with
// the second step of the first task, or with the policies that choose by features at a task's end
// in the second task; `loss=sum` weighs the replay term instead of averaging.
#include <clh/active_outputs.hpp>
#include <clh/model.hpp>

#include <ATen/ops/cat.h>

#include "exemplar_memory.hpp"

namespace {

enum class Loss { kConcat, kSum };

class ExperienceReplay final : public clh::Model {
 public:
  static constexpr const char* kCite = "Chaudhry et al. 2019, arXiv:1902.10486";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    er::Policy policy = er::Policy::kReservoir;
    Loss loss = Loss::kConcat;
    double lambda = 1;
    clh::Active active = clh::Active::kAll;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
      option("policy", policy,
             "which exemplars stay; the last two choose by features at each task's end")
          .choices({"reservoir", "class-balanced", "ring", "herding", "closest-to-center"});
      option("loss", loss, "one mean over batch and exemplars, or two means added")
          .choices({"concat", "sum"});
      option("lambda", lambda, "weight of the exemplars' mean with loss=sum").min(0);
      clh::ActiveOutputs::bind(option, active);
    }
  };

  ExperienceReplay(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        active_(options.active, net(), scenario()),
        memory_(er::make_memory(options.policy, options.buffer_size, scenario(),
                                net().info().outputs, rng("buffer.insert"), rng("buffer.sample"))) {
    if (options_.loss == Loss::kConcat && options_.lambda != 1) {
      throw clh::UsageError("[model] lambda: expected loss=sum beside it, found loss=concat");
    }
  }

  void begin_task(const clh::Task& task) override { active_.begin_task(task); }

  double observe(const clh::Batch& batch) override {
    auto inputs = batch.inputs, labels = batch.labels;
    if (!memory_->empty()) {
      const auto old = memory_->sample(options_.minibatch > 0 ? options_.minibatch : batch.size());
      inputs = at::cat({inputs, augment(old.raw)});
      labels = at::cat({labels, old.labels});
    }
    optimizer().zero_grad();
    const auto loss = weighed(active_.only(net().forward(inputs), labels), labels, batch.size());
    loss.backward();
    optimizer().step();
    memory_->add(batch);
    return loss.item<double>();
  }

  void end_task(const clh::Task& task) override { memory_->end_task(*this, net(), task); }

  void state(clh::Archive& archive) override { archive("memory", *memory_)("active", active_); }

 private:
  /// outputs [B + m, C], labels [B + m]; the first `incoming` rows are the stream's.
  at::Tensor weighed(const at::Tensor& outputs, const at::Tensor& labels,
                     std::int64_t incoming) const {
    const auto replayed = labels.size(0) - incoming;
    if (options_.loss == Loss::kConcat || replayed == 0) {
      return criterion(outputs, labels);
    }
    const auto present = criterion(outputs.narrow(0, 0, incoming), labels.narrow(0, 0, incoming));
    const auto past =
        criterion(outputs.narrow(0, incoming, replayed), labels.narrow(0, incoming, replayed));
    return present.add(past, options_.lambda);
  }

  Options options_;
  clh::ActiveOutputs active_;
  std::unique_ptr<er::ExemplarMemory> memory_;
};

}  // namespace

CLH_PLUGIN(clh::model<ExperienceReplay>("er", "Experience replay", clh::kAllSettings));
