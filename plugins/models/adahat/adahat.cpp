// AdaptiveHardAttention: hard attention whose protected parameters may still move a little, the
// less the more tasks use them, and the more the less room is left.
// P. Wang et al., "AdaHAT: Adaptive Hard Attention to the Task in Task-Incremental Learning",
// ECML PKDD 2024, doi:10.1007/978-3-031-70352-2_9, on top of arXiv:1801.01423 (see hat).
// Differs from the paper: the movement is scaled after the step, not the gradient before it, which
// is the same for plain SGD and means the same under Adam; masks are binary at test; the head's
// rows of outputs that only earlier tasks have do not move; the embedding takes plain gradient
// steps; a backbone with running statistics (batch norm) is refused. Outputs of old tasks do
// change; no parameter moves by more than r / (I + r) of what it would.
#include <clh/networks/hard_attention.hpp>

#include <ATen/ops/full_like.h>

namespace {

class AdaptiveHardAttention final : public clh::Model {
 public:
  static constexpr const char* kCite = "Wang et al. 2024, doi:10.1007/978-3-031-70352-2_9";
  struct Options {
    clh::HardAttentionOptions attention;
    double alpha = 1e-6;
    double epsilon = 0.1;
    bool summative = true;
    bool sparsity = true;
    void bind(clh::OptionBinder& option) {
      attention.bind(option);
      option("alpha", alpha, "how much protected parameters move: r = alpha / (epsilon + R)")
          .above(0);
      option("epsilon", epsilon,
             "added to R, the share of a layer's free units that the task takes")
          .above(0);
      option("summative", summative,
             "importance I of a parameter sums over tasks; false: it is the task's number, from 1");
      option("sparsity", sparsity, "R grows with the share of used units; false: R = 0");
    }
  };

  AdaptiveHardAttention(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), attention_(context, options.attention, rng("method")) {}

  void begin_task(const clh::Task& task) override {
    attention_.begin_task(task);
    importance_ = at::Tensor();
  }

  double observe(const clh::Batch& batch) override {
    const auto gates = attention_.gates(batch);
    optimizer().zero_grad();
    const auto loss = criterion(attention_.forward(batch.inputs, gates), batch.labels) +
                      attention_.regulariser(gates);
    loss.backward();
    attention_.step(optimizer(), share(gates));
    return loss.item<double>();
  }

  void end_task(const clh::Task&) override { attention_.end_task(); }

  at::Tensor predict(const clh::Query& query) override { return attention_.predict(query); }

  void state(clh::Archive& archive) override {
    archive("attention", attention_);
    importance_ = at::Tensor();
  }

 private:
  /// r / (I + r) for each parameter [P], r = alpha / (epsilon + R) of its layer; undefined in the
  /// first task: 1.
  at::Tensor share(const at::Tensor& gates) {
    if (attention_.ended() == 0) {
      return {};
    }
    const auto& layers = attention_.gated().layers();
    if (!importance_.defined()) {
      const auto uses = attention_.uses();
      importance_ = attention_.gated().per_parameter(
          !options_.summative ? at::full_like(uses, static_cast<double>(attention_.ended() + 1))
                              : uses);
      free_ = 1 - attention_.old_outputs();
    }
    const auto shares = attention_.shares(gates);
    auto share = free_.clone();
    for (std::size_t l = 0; l < layers.size(); ++l) {
      const auto r = options_.alpha / (options_.epsilon + (options_.sparsity ? shares[l] : 0));
      const auto set = [&](const clh::GatedRows& rows) {
        rows.of(share).copy_(r / (rows.of(importance_) + r));
      };
      set(layers[l].weight);
      for (const auto& rows : layers[l].others) {
        set(rows);
      }
    }
    return share;
  }

  Options options_;
  clh::HardAttention attention_;
  // Made anew for each task:
  at::Tensor importance_;  // I [P]: earlier tasks that use both units of a weight
  at::Tensor free_;        // [P], 0 for the head's rows of old outputs
};

}  // namespace

CLH_PLUGIN(clh::model<AdaptiveHardAttention>("adahat", "Adaptive hard attention to the task"));
