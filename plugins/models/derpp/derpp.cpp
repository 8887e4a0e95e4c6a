// DarkExperienceReplayPlus: DER with a second, independent draw trained on its labels.
// Buzzega et al., "Dark Experience for General Continual Learning", arXiv:2004.07211, eq. 7.
// Where the head has grown since a sample was stored, only the stored outputs are compared.
#include <clh/model.hpp>
#include <clh/reservoir_buffer.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

namespace {

/// Mean squared distance over batch and stored outputs: outputs [m, C], stored [m, W], W <= C, NaN
/// where an output did not exist yet.
at::Tensor distance(const at::Tensor& outputs, const at::Tensor& stored) {
  const auto missing = stored.isnan();
  const auto gap = (outputs.narrow(1, 0, stored.size(1)) - stored).masked_fill(missing, 0);
  return gap.square().sum() / missing.logical_not().sum();
}

class DarkExperienceReplayPlus final : public clh::Model {
 public:
  static constexpr const char* kCite = "Buzzega et al. 2020, arXiv:2004.07211";
  struct Options {
    double alpha = 0.5;
    double beta = 0.5;
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    void bind(clh::OptionBinder& option) {
      option("alpha", alpha, "weight of the distance to the stored outputs").min(0);
      option("beta", beta, "weight of the loss on the stored labels").min(0);
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("minibatch", minibatch, "exemplars in each of the two draws; 0 = as the batch").min(0);
    }
  };

  DarkExperienceReplayPlus(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {}

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto outputs = net().forward(batch.inputs);
    auto loss = criterion(outputs, batch.labels);
    if (!memory_.empty()) {
      const auto count = options_.minibatch > 0 ? options_.minibatch : batch.size();
      const auto dark = memory_.sample(count);
      loss = loss.add(distance(net().forward(augment(dark.raw)), dark.extra[0]), options_.alpha);
      const auto plain = memory_.sample(count);
      loss = loss.add(criterion(net().forward(augment(plain.raw)), plain.labels), options_.beta);
    }
    loss.backward();
    optimizer().step();
    memory_.add(batch.raw, batch.labels, {outputs});
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  Options options_;
  clh::ReservoirBuffer memory_;
};

}  // namespace

CLH_PLUGIN(clh::model<DarkExperienceReplayPlus>("derpp", "DER++", clh::kAllSettings));
