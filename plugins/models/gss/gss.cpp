// GradientSampleSelection: replay from a memory that prefers samples whose gradients point away
// from those already held. Aljundi et al., "Gradient based sample selection for online continual
// learning", arXiv:1903.08671, Alg. 2 (greedy). Differs from the paper: the rounds of a step replay
// different samples; samples are compared in eval mode and not augmented, replays augment them
// afresh; of a first batch larger than the memory the rest is dropped, since there is nothing to
// compare it with.
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/offered_samples.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/sample_store.hpp>
#include <clh/model.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

#include "gradient_products.hpp"

namespace {

/// 1 + the largest cosine between a gradient and others, 0 to 2. Inputs: <g, h_i> [r], |g|^2 [],
/// |h_i|^2 [r]; a gradient that is 0 is at right angles to every other.
double score(const at::Tensor& products, const at::Tensor& square, const at::Tensor& squares) {
  const auto length = (squares * square).sqrt();
  const auto cosines = products.div(length).masked_fill(length.eq(0), 0);
  return std::max(0.0, 1 + cosines.max().item<double>());
}

class GradientSampleSelection final : public clh::Model {
 public:
  static constexpr const char* kCite = "Aljundi et al. 2019, arXiv:1903.08671";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 10;
    std::int64_t compared = 10;
    std::int64_t rounds = 1;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("minibatch", minibatch, "exemplars replayed in each round").min(1);
      option("compared", compared, "exemplars that an incoming batch is compared with").min(1);
      option("rounds", rounds, "rounds on each batch").min(1);
    }
  };

  GradientSampleSelection(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        method_(rng("method")),
        sample_(rng("buffer.sample")),
        gradients_(net(), optimizer(), [this](const at::Tensor& outputs, const at::Tensor& labels) {
          return criterion_each(outputs, labels);
        }) {}

  double observe(const clh::Batch& batch) override {
    const auto m = options_.minibatch;
    const auto order = clh::draw_distinct(sample_, size(), m * options_.rounds);
    const auto drawn = static_cast<std::int64_t>(order.size());
    double loss = 0;
    for (std::int64_t round = 0; round < options_.rounds; ++round) {
      const auto begin = order.begin() + std::min(drawn, round * m);
      const auto end = order.begin() + std::min(drawn, (round + 1) * m);
      loss += step(batch, {begin, end});
    }
    if (const auto fresh = not_offered(batch); fresh.numel() > 0) {
      select({batch.raw.index_select(0, fresh), batch.labels.index_select(0, fresh), {}});
    }
    return loss / static_cast<double>(options_.rounds);
  }

  void state(clh::Archive& archive) override {
    archive("samples", memory_)("offered", offered_)("scores", scores_);
    if (static_cast<std::int64_t>(scores_.size()) != memory_.size()) {
      throw clh::StatusError(CLH_E_STATE, "memory: expected a score for each sample, found others");
    }
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(scores_.size()); }

  double step(const clh::Batch& batch, const std::vector<std::int64_t>& slots) {
    auto inputs = batch.inputs, labels = batch.labels;
    if (!slots.empty()) {
      const auto old = memory_.select(slots);
      inputs = at::cat({inputs, augment(old.raw)});
      labels = at::cat({labels, old.labels});
    }
    return learn(criterion(net().forward(inputs), labels));
  }

  /// The rows of a batch that no earlier epoch has offered.
  at::Tensor not_offered(const clh::Batch& batch) {
    const auto ids = batch.ids.contiguous();
    std::vector<std::int64_t> rows;
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      if (offered_.add(ids.data_ptr<std::int64_t>()[row])) {
        rows.push_back(row);
      }
    }
    return at::tensor(rows, at::kLong);
  }

  /// Lets samples into the memory, item by item in their order.
  void select(const clh::Exemplars& given) {
    const auto count = given.size();
    const auto rows = memory_.rows_of(given.raw, given.labels);
    if (scores_.empty()) {
      for (std::int64_t row = 0; row < std::min(count, options_.buffer_size); ++row) {
        append(rows, row, 0.1);
      }
      return;
    }
    const auto old = memory_.select(clh::draw_distinct(method_, size(), options_.compared));
    net().set_training(false);
    const auto products = gradients_.of(normalize(at::cat({given.raw, old.raw})),
                                        at::cat({given.labels, old.labels}));
    net().set_training(true);
    const auto held = old.size();
    const auto across = products.narrow(0, 0, count).narrow(1, count, held);  // [B, r]
    const auto squares = products.diagonal();
    const auto held_squares = squares.narrow(0, count, held);
    const auto mean_square = products.narrow(0, 0, count).narrow(1, 0, count).mean();
    const auto batch_score = score(across.mean(0), mean_square, held_squares);
    for (std::int64_t row = 0; row < count; ++row) {
      if (size() < options_.buffer_size) {
        append(rows, row, batch_score);
      } else if (batch_score < 1) {
        challenge(rows, row, score(across[row], squares[row], held_squares));
      }
    }
  }

  void append(const clh::SampleStore::Rows& rows, std::int64_t row, double score) {
    scores_.push_back(score);
    memory_.put(size() - 1, rows, row);
  }

  /// A held sample, the likelier the higher its score, may have to leave for a row of the batch.
  void challenge(const clh::SampleStore::Rows& rows, std::int64_t row, double score) {
    double total = 0;
    for (const double held : scores_) {
      total += held;
    }
    auto rest = method_.uniform() * total;
    std::size_t slot = 0;
    while (slot + 1 < scores_.size() && rest >= scores_[slot]) {
      rest -= scores_[slot++];
    }
    if (method_.uniform() * (scores_[slot] + score) < scores_[slot]) {
      scores_[slot] = score;
      memory_.put(static_cast<std::int64_t>(slot), rows, row);
    }
  }

  Options options_;
  clh::Rng method_, sample_;
  gss::GradientProducts gradients_;
  clh::SampleStore memory_;
  clh::OfferedSamples offered_;
  std::vector<double> scores_;  // of each slot
};

}  // namespace

CLH_PLUGIN(clh::model<GradientSampleSelection>("gss", "Gradient-based sample selection"));
