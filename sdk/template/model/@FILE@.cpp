// @CLASS@: experience replay: every step learns from the incoming batch and from exemplars drawn
// from a bounded memory, a uniform sample of everything seen.
// Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", arXiv:1902.10486, Alg. 1.
#include <clh/model.hpp>
#include <clh/memory/reservoir_buffer.hpp>

#include <ATen/ops/cat.h>

namespace {

class @CLASS@ final : public clh::Model {
 public:
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 10;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory").min(1);
      option("minibatch", minibatch, "exemplars drawn per step").min(1);
    }
  };

  @CLASS@(const clh::ModelContext& context, const Options& options)
      : clh::Model(context),
        options_(options),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {}

  double observe(const clh::Batch& batch) override {
    auto inputs = batch.inputs, labels = batch.labels;
    if (!memory_.empty()) {
      const auto old = memory_.sample(options_.minibatch);
      inputs = at::cat({inputs, augment(old.raw)});
      labels = at::cat({labels, old.labels});
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(inputs), labels);
    loss.backward();
    optimizer().step();
    memory_.add(batch.raw, batch.labels);
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  Options options_;
  clh::ReservoirBuffer memory_;
};

}  // namespace

CLH_PLUGIN(clh::model<@CLASS@>("@NAME@", "Experience replay"));
