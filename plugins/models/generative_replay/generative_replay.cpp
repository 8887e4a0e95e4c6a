// GenerativeReplay: no sample is kept; a variational autoencoder makes up samples of earlier tasks,
// and a frozen copy of the network from before the task says what they are.
// Shin et al., "Continual Learning with Deep Generative Replay", arXiv:1705.08690, eq. 1, with the
// protocol of van de Ven and Tolias, "Generative replay with feedback connections",
// arXiv:1809.10635: network and generator train in the same steps, on the same real and made-up
// samples, with weights 1/t and 1 - 1/t in the t-th task; `target=soft` is their DGR+distill.
// Differs from the papers: the generator is trained by Adam with a rate of its own, restarted at
// each task, whatever optimizer the network has. In task-il made-up samples count for each earlier
// task, among its outputs alone; elsewhere the old network's answer is among all earlier tasks'
// outputs, and the network's is among all outputs.
#include <clh/model.hpp>

#include <ATen/core/Generator.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <set>
#include <vector>

#include "adam.hpp"
#include "variational_autoencoder.hpp"

namespace {

enum class Target { kHard, kSoft };

class GenerativeReplay final : public clh::Model {
 public:
  static constexpr const char* kCite = "Shin et al. 2017, arXiv:1705.08690";
  struct Options {
    Target target = Target::kHard;
    std::int64_t replay_batch = 0;
    std::int64_t hidden = 400;
    std::int64_t latent = 100;
    double lr_gen = 1e-3;
    double temperature = 2;
    bool kd_t2 = false;
    void bind(clh::OptionBinder& option) {
      option("target", target, "of made-up samples: the old network's choice, or its outputs")
          .choices({"hard", "soft"});
      option("replay-batch", replay_batch, "samples made up per step; 0 = as many as the batch")
          .min(0);
      option("hidden", hidden, "units in each hidden layer of the generator").min(1);
      option("latent", latent, "latent values of the generator").min(1);
      option("generator-lr", lr_gen, "learning rate of the generator").above(0);
      option("temperature", temperature, "of both softmaxes with target=soft").above(0);
      option("temperature-squared", kd_t2, "multiply the soft loss by the temperature squared");
    }
  };

  GenerativeReplay(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {
    const Options unused;
    if (options_.target == Target::kHard &&
        (options_.temperature != unused.temperature || options_.kd_t2)) {
      throw clh::UsageError(std::string("[model] ") + (options_.kd_t2 ? "kd-t2" : "temperature") +
                            ": expected target=soft beside it, found target=hard");
    }
  }

  void begin_task(const clh::Task& task) override {
    if (!task.first()) {
      earlier_.push_back(classes_);
      solver_ = net().frozen_copy();
      before_ = generator_.copy();
      adam_.reset();
    }
    classes_ = task.classes();
  }

  double observe(const clh::Batch& batch) override {
    const auto noise = rng("method").torch();
    const auto x = pixels(batch.raw);
    if (generator_.empty()) {
      generator_ = {x.size(1), options_.hidden, options_.latent, noise};
    }
    optimizer().zero_grad();
    auto loss = criterion(net().forward(batch.inputs), batch.labels);
    auto bound = evidence(x, noise);
    if (!before_.empty()) {
      const auto present = 1.0 / static_cast<double>(earlier_.size() + 1);
      const auto count = options_.replay_batch > 0 ? options_.replay_batch : batch.size();
      const auto made_up = before_.sample(count, noise);
      const auto inputs = augment(raw_of(made_up, batch.raw));
      loss = loss * present + replayed(inputs) * (1 - present);
      bound = bound * present + evidence(made_up, noise) * (1 - present);
    }
    loss.backward();
    optimizer().step();
    generator_.parameters().grads().zero_();
    bound.backward();
    adam_.step(generator_.parameters().values(), generator_.parameters().grads(), options_.lr_gen);
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override {
    archive("earlier", earlier_)("classes", classes_);
    archive("generator", generator_)("before", before_)("adam", adam_);
    archive_network(archive, "solver", solver_);
    if (archive.loading() && !before_.empty() && (!solver_ || generator_.empty())) {
      throw clh::StatusError(CLH_E_STATE, "expected a network beside the generator, found none");
    }
  }

 private:
  /// raw [B, ...] -> [B, D] in [0, 1].
  static at::Tensor pixels(const at::Tensor& raw) {
    if (raw.scalar_type() == at::kByte) {
      return raw.flatten(1).to(at::kFloat) / 255;
    }
    const auto low = raw.min().item<double>(), high = raw.max().item<double>();
    if (!(low >= 0 && high <= 1)) {
      throw clh::UsageError(
          "[model] generative-replay: expected samples of bytes or of values in [0, 1], found "
          "values from " +
          std::to_string(low) + " to " + std::to_string(high));
    }
    return raw.flatten(1).to(at::kFloat);
  }
  /// The reverse, on the scale of `like` but not rounded.
  static at::Tensor raw_of(const at::Tensor& pixels, const at::Tensor& like) {
    auto sizes = like.sizes().vec();
    sizes[0] = pixels.size(0);
    return (like.scalar_type() == at::kByte ? pixels * 255 : pixels).view(sizes);
  }

  at::Tensor evidence(const at::Tensor& x, const at::Generator& noise) const {
    return generator_.loss(x, at::randn({x.size(0), generator_.latent()}, noise));
  }

  /// Loss of made-up samples: the mean over the groups of outputs in which they are judged.
  at::Tensor replayed(const at::Tensor& inputs) const {
    const auto outputs = net().forward(inputs), answers = solver_.forward(inputs);
    if (scenario() != clh::Scenario::kTaskIl) {
      std::set<std::int64_t> old;
      for (const auto& classes : earlier_) {
        old.insert(classes.begin(), classes.end());
      }
      const auto group = at::tensor(std::vector<std::int64_t>(old.begin(), old.end()), at::kLong);
      const auto judged = answers.index_select(1, group);
      return options_.target == Target::kHard
                 ? criterion(outputs, group.index_select(0, judged.argmax(1)))
                 : distillation(outputs, group, judged);
    }
    at::Tensor sum;
    for (const auto& classes : earlier_) {
      const auto group = at::tensor(classes, at::kLong);
      const auto mine = outputs.index_select(1, group), judged = answers.index_select(1, group);
      const auto loss = options_.target == Target::kHard
                            ? at::cross_entropy_loss(mine, judged.argmax(1))
                            : distillation(mine, at::arange(group.size(0)), judged);
      sum = sum.defined() ? sum + loss : loss;
    }
    return sum / static_cast<double>(earlier_.size());
  }

  /// -mean_n sum_{c in group} softmax(judged / T)_c log softmax(outputs / T)_c.
  at::Tensor distillation(const at::Tensor& outputs, const at::Tensor& group,
                          const at::Tensor& judged) const {
    const auto t = options_.temperature;
    const auto mine = (outputs / t).log_softmax(1).index_select(1, group);
    return ((judged / t).softmax(1) * mine).sum(1).mean() * (options_.kd_t2 ? -t * t : -1.0);
  }

  Options options_;
  std::vector<std::vector<std::int64_t>> earlier_;                // outputs of each finished task
  std::vector<std::int64_t> classes_;                             // of the present one
  generative_replay::VariationalAutoencoder generator_, before_;  // before_: from before the task
  clh::Network solver_;                                           // likewise
  generative_replay::Adam adam_;
};

}  // namespace

CLH_PLUGIN(clh::model<GenerativeReplay>("generative-replay", "Deep generative replay"));
