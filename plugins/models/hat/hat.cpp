// HardAttentionToTheTask: every task learns which units it uses; what they hold never moves again.
// Serra, Suris, Miron, Karatzoglou, "Overcoming Catastrophic Forgetting with Hard Attention to the
// Task", arXiv:1801.01423, eq. 1 to 6.
// Differs from the paper: at test a gate is open or closed, 1 where e > 0, so that the outputs of a
// task that has ended keep every bit; the movement is masked after the step, not the gradient
// before it, so that this holds with any optimizer; the head's rows of outputs that only earlier
// tasks have are held too; the embedding takes plain gradient steps whatever the optimizer; a
// backbone with running statistics (batch norm) is refused, for no mask protects those. Modes other
// than `hat` are ablations that let the protected parameters move.
#include <clh/networks/hard_attention.hpp>

#include <ATen/ops/rand.h>

namespace {

enum class Mode { kHat, kRandom, kConstAlpha, kConst1 };

class HardAttentionToTheTask final : public clh::Model {
 public:
  static constexpr const char* kCite = "Serra et al. 2018, arXiv:1801.01423";
  struct Options {
    clh::HardAttentionOptions attention;
    Mode mode = Mode::kHat;
    double alpha = 0;
    void bind(clh::OptionBinder& option) {
      attention.bind(option);
      option("mode", mode,
             "share of its movement that a protected parameter keeps: none, a random one, alpha, "
             "all of it")
          .choices({"hat", "random", "const-alpha", "const-1"});
      option("alpha", alpha, "the share with mode=const-alpha, with which alone it may be set")
          .range(0, 1);
    }
  };

  HardAttentionToTheTask(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), attention_(context, options.attention, rng("method")) {
    const bool constant = options.mode == Mode::kConstAlpha;
    if (constant != (options.alpha > 0)) {
      throw clh::UsageError(
          std::string("[model] alpha: expected ") +
          (constant ? "a share above 0 with mode=const-alpha" : "0 without mode=const-alpha") +
          ", found " + std::to_string(options.alpha));
    }
  }

  void begin_task(const clh::Task& task) override {
    attention_.begin_task(task);
    taken_ = share_ = at::Tensor();
  }

  double observe(const clh::Batch& batch) override {
    const auto gates = attention_.gates(batch);
    optimizer().zero_grad();
    const auto loss = criterion(attention_.forward(batch.inputs, gates), batch.labels) +
                      attention_.regulariser(gates);
    loss.backward();
    attention_.step(optimizer(), share());
    return loss.item<double>();
  }

  void end_task(const clh::Task&) override { attention_.end_task(); }

  at::Tensor predict(const clh::Query& query) override { return attention_.predict(query); }

  void state(clh::Archive& archive) override {
    archive("attention", attention_);
    taken_ = share_ = at::Tensor();
  }

 private:
  /// What each parameter keeps of its movement, [P]; undefined in the first task: all of it.
  at::Tensor share() {
    if (attention_.ended() == 0) {
      return {};
    }
    if (!taken_.defined()) {
      taken_ = attention_.gated().per_parameter(attention_.taken());
      free_ = 1 - attention_.old_outputs();
    }
    if (options_.mode == Mode::kRandom) {
      return (1 - taken_ * at::rand(taken_.sizes(), rng("method").torch())).mul_(free_);
    }
    if (!share_.defined()) {
      const auto kept = options_.mode == Mode::kConst1 ? 1.0 : options_.alpha;
      share_ = (1 - taken_ * (1 - kept)).mul_(free_);
    }
    return share_;
  }

  Options options_;
  clh::HardAttention attention_;
  // Made anew for each task:
  at::Tensor taken_;  // [P], 1 for a parameter between units that earlier tasks use (eq. 4)
  at::Tensor free_;   // [P], 0 for the head's rows of old outputs
  at::Tensor share_;  // [P]
};

}  // namespace

CLH_PLUGIN(clh::model<HardAttentionToTheTask>("hat", "Hard attention to the task"));
