// AveragedGemReservoir: A-GEM without task boundaries; its memory is a reservoir, filled every
// step. Buzzega et al., "Dark Experience for General Continual Learning", arXiv:2004.07211,
// section 5.1; the projection is that of Chaudhry et al., arXiv:1812.00420, eq. 11. Replayed
// samples are not augmented, as in the paper's code; `eps` (0 = the paper) is added to the squared
// norm.
#include <clh/gradient_projection.hpp>
#include <clh/model.hpp>
#include <clh/replay_limits.hpp>
#include <clh/reservoir_buffer.hpp>

#include <ATen/ops/empty.h>

namespace {

class AveragedGemReservoir final : public clh::Model {
 public:
  static constexpr const char* kCite = "Buzzega et al. 2020, arXiv:2004.07211";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 128;
    double eps = 0;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, |M|").min(1);
      option("minibatch", minibatch, "exemplars behind each reference gradient").min(1);
      option("eps", eps, "added to the reference gradient's squared norm").min(0).advanced();
    }
  };

  AveragedGemReservoir(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {
    clh::require_draw_fits(options.minibatch, options.buffer_size);
  }

  double observe(const clh::Batch& batch) override {
    const bool constrained = !memory_.empty();
    if (constrained) {
      const auto old = memory_.sample(options_.minibatch);
      optimizer().zero_grad();
      criterion(net().forward(normalize(old.raw)), old.labels).backward();
      const auto reference = net().grads();
      reference_.resize_as_(reference).copy_(reference);
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    if (constrained) {
      clh::project(net().grads(), reference_, options_.eps);
    }
    optimizer().step();
    memory_.add(batch.raw, batch.labels);
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  Options options_;
  clh::ReservoirBuffer memory_;
  at::Tensor reference_ = at::empty({0});  // [P], scratch
};

}  // namespace

CLH_PLUGIN(clh::model<AveragedGemReservoir>("agem-r", "A-GEM with a reservoir", clh::kAllSettings));
