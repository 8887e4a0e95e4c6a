// ContinualPrototypes: classes are unit vectors that follow the embeddings of their samples; batch
// and replayed samples are drawn to their class's vector and to each other, and pushed off those of
// other classes; the nearest vector classifies.
// De Lange and Tuytelaars, "Continual Prototype Evolution: Learning Online from Non-Stationary Data
// Streams", arXiv:2009.00919, the pseudo-prototypical proxy loss and Algorithm 1.
// Differs from the paper: the embedding is a linear map of the features with parameters of its own;
// memory is the greedy balanced sampler; `inner` steps are taken on one draw. Differs from the
// published code: only classes that were seen compete. The network's own outputs stay untrained.
#include <clh/losses/check_labels.hpp>
#include <clh/losses/normalize_rows.hpp>
#include <clh/memory/replay_memory.hpp>
#include <clh/parameters/extra_parameters.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

struct Options : clh::ReplayOptions {
  Options() {
    buffer_size = 2000;
    policy = clh::Policy::kClassBalanced;
  }
  double alpha = 0.99;
  double tau = 0.1;
  std::int64_t dim = 32;
  std::int64_t inner = 1;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("alpha", alpha, "share of a class's vector that a batch leaves").range(0, 1);
    option("tau", tau, "temperature of the similarities").above(0);
    option("embedding-dim", dim, "length of the embedding").min(2);
    option("inner", inner, "steps on each batch").min(1);
  }
};

class ContinualPrototypes final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "De Lange and Tuytelaars 2021, arXiv:2009.00919";

  ContinualPrototypes(const clh::ModelContext& context, const Options& options)
      : ModelOf(context, options) {
    const auto width = clh::Shape(net().info().features).numel();
    embedding_ = clh::extra_layer(width, options.dim, rng("method").torch());
    optimizer().add("embedding.weight", embedding_.weight);
    optimizer().add("embedding.bias", embedding_.bias);
  }

  double observe(const clh::Batch& batch) override {
    clh::check_labels(batch.labels, net().info().outputs);
    const auto old = memory_.draw(batch);
    const auto inputs = at::cat({batch.inputs, augment(old.raw)});
    const auto labels = at::cat({batch.labels, old.labels});
    const auto places = places_of(labels);
    at::Tensor embedded;
    double mean = 0;
    for (std::int64_t step = 0; step < options().inner; ++step) {
      embedded = embed(net().features(inputs));
      if (classes_.size() > 1) {  // one class alone has nothing to differ from
        mean += learn(prototype_loss(embedded, places)) / static_cast<double>(options().inner);
      }
    }
    follow(embedded.detach(), places);
    memory_.add(batch);
    return mean;
  }

  at::Tensor predict(const clh::Query& query) override {
    if (classes_.empty()) {
      return net().forward(query.inputs);
    }
    const auto similar = embed(net().features(query.inputs)).matmul(prototypes_.t());
    return at::full({similar.size(0), net().info().outputs}, std::numeric_limits<float>::lowest(),
                    similar.options())
        .index_copy(1, at::tensor(classes_, at::kLong), similar);
  }

  void end_task(const clh::Task& task) override { memory_.end_task(task); }

  void state(clh::Archive& archive) override {
    archive("memory", memory_)("classes", classes_)("prototypes", prototypes_);
  }

 private:
  /// features [n, F] -> [n, dim] of length 1.
  at::Tensor embed(const at::Tensor& features) const {
    return clh::normalize_rows(embedding_(features));
  }

  /// labels [n] -> rows of the prototypes [n]; a new class gets one, a random direction.
  at::Tensor places_of(const at::Tensor& labels) {
    std::vector<std::int64_t> places;
    const auto read = labels.contiguous();
    for (std::int64_t i = 0; i < read.size(0); ++i) {
      const auto label = read.data_ptr<std::int64_t>()[i];
      const auto known = std::find(classes_.begin(), classes_.end(), label);
      places.push_back(known - classes_.begin());
      if (known == classes_.end()) {
        classes_.push_back(label);
        const auto direction = clh::normalize_rows(
            at::empty({1, options().dim}).uniform_(-1, 1, rng("method").torch()));
        prototypes_ = prototypes_.defined() ? at::cat({prototypes_, direction}) : direction;
      }
    }
    return at::tensor(places, at::kLong);
  }

  /// The loss. With a(q, u) = exp(<q, u> / tau) and D(u, c) = sum_{k != c} a(p_k, u), a sample u
  /// is taken for class c next to q with probability P = a / (a + D), the sigmoid of log a - log D.
  /// Inputs: u [n, dim], places [n].
  at::Tensor prototype_loss(const at::Tensor& u, const at::Tensor& places) const {
    const auto n = u.size(0), classes = prototypes_.size(0);
    const auto near = u.matmul(prototypes_.t()) / options().tau;  // [n, K] log a(p_k, u_i)
    const auto among = u.matmul(u.detach().t()) / options().tau;  // [n, n] log a(u_j, u_i)
    const auto itself = at::eye(classes, at::kBool).unsqueeze(0);
    const auto others =
        near.unsqueeze(1).masked_fill(itself, kNever).logsumexp(2);  // log D(u_i, k)
    const auto against = others.index_select(1, places);             // [n, n] log D(u_i, y_j)
    const auto by_sample = among - against;                          // logits of P(y_j | u_i; u_j)
    const auto by_prototype = near.index_select(1, places) - against;  // and of P(y_j | u_i; p)
    const auto same = places.unsqueeze(1).eq(places.unsqueeze(0));

    // Attractor: the class's prototype stands in the sample's own place among those of its class.
    const auto own = at::eye(n, at::kBool);
    const auto taken = at::log_sigmoid(at::where(own, by_prototype, by_sample));
    const auto attracted =
        taken.masked_fill(same.logical_not(), kNever).logsumexp(1) - same.sum(1).log();
    // Repellor: 1 - (P + P') / 2 for each sample and each of another class.
    const auto apart = at::logaddexp(at::log_sigmoid(-by_sample), at::log_sigmoid(-by_prototype));
    const auto repelled = (apart - std::log(2.0)).masked_fill(same, 0);
    return (attracted.sum() + repelled.sum()) / -static_cast<double>(n);
  }

  /// p_c <- the direction of alpha p_c + (1 - alpha) times that of the mean embedding of c.
  void follow(const at::Tensor& u, const at::Tensor& places) {
    const at::NoGradGuard no_grad;
    for (std::int64_t k = 0; k < prototypes_.size(0); ++k) {
      const auto rows = places.eq(k).nonzero().squeeze(1);
      if (rows.size(0) > 0) {
        const auto mean = clh::normalize_rows(u.index_select(0, rows).mean(0, true));
        const auto moved =
            prototypes_.narrow(0, k, 1) * options().alpha + mean * (1 - options().alpha);
        prototypes_.narrow(0, k, 1).copy_(clh::normalize_rows(moved));
      }
    }
  }

  clh::ReplayMemory memory_{*this, options()};
  clh::ExtraLayer embedding_;          // the optimizer's: saved with it
  std::vector<std::int64_t> classes_;  // in the order of appearance
  at::Tensor prototypes_;              // [K, dim] of length 1, of classes_[k]
};

}  // namespace

CLH_PLUGIN(clh::model<ContinualPrototypes>("cope", "Continual prototype evolution"));
