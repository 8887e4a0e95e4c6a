// ErRing: one joint step on the incoming batch and a batch drawn from the newest samples of every
// class. Chaudhry et al., "On Tiny Episodic Memories in Continual Learning", arXiv:1902.10486,
// Algorithm 1 with the ring-buffer memory of its appendix.
// Differs from the paper: the size of a class's ring is given, not divided by the number of
// classes, which a model does not know beforehand; stored samples are augmented afresh.
#include <clh/model.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

class ErRing final : public clh::Model {
 public:
  static constexpr const char* kCite = "Chaudhry et al. 2019, arXiv:1902.10486";
  struct Options {
    std::int64_t per_class = 50;
    std::int64_t minibatch = 10;
    void bind(clh::OptionBinder& option) {
      option("per-class", per_class, "newest exemplars kept of each class").min(1);
      option("minibatch", minibatch, "exemplars drawn per step").min(1);
    }
  };

  ErRing(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options), sample_(rng("buffer.sample")) {}

  double observe(const clh::Batch& batch) override {
    auto inputs = batch.inputs, labels = batch.labels;
    if (!seen_.empty()) {
      const auto slots = draw();
      inputs = at::cat({inputs, augment(raw_.index_select(0, slots))});
      labels = at::cat({labels, slots.div(options_.per_class, "floor")});
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(inputs), labels);
    loss.backward();
    optimizer().step();
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      keep(batch.raw.narrow(0, i, 1), batch.labels[i].item<std::int64_t>());
    }
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override { archive("raw", raw_)("seen", seen_); }

 private:
  /// Returns: filled slots [min(minibatch, held)], uniform without replacement.
  at::Tensor draw() {
    std::vector<std::int64_t> filled, drawn;
    for (std::size_t label = 0; label < seen_.size(); ++label) {
      for (std::int64_t i = 0; i < std::min(seen_[label], options_.per_class); ++i) {
        filled.push_back(static_cast<std::int64_t>(label) * options_.per_class + i);
      }
    }
    for (const auto i : sample_.permutation(static_cast<std::int64_t>(filled.size()))) {
      drawn.push_back(filled[static_cast<std::size_t>(i)]);
    }
    drawn.resize(std::min(drawn.size(), static_cast<std::size_t>(options_.minibatch)));
    return at::tensor(drawn, at::kLong);
  }

  /// raw [1, ...] takes the next slot of its class, the oldest sample's once the ring is full.
  void keep(const at::Tensor& raw, std::int64_t label) {
    const auto known = static_cast<std::int64_t>(seen_.size());
    if (label >= known) {
      auto sizes = raw.sizes().vec();
      sizes[0] = (label + 1 - known) * options_.per_class;
      const auto rings = at::zeros(sizes, raw.options());
      raw_ = known == 0 ? rings : at::cat({raw_, rings});
      seen_.resize(static_cast<std::size_t>(label) + 1);
    }
    const auto turn = seen_[static_cast<std::size_t>(label)]++ % options_.per_class;
    raw_.narrow(0, label * options_.per_class + turn, 1).copy_(raw);
  }

  Options options_;
  clh::Rng sample_;
  at::Tensor raw_ = at::empty({0});  // [labels * per-class, ...] in the dataset's dtype
  std::vector<std::int64_t> seen_;   // [labels] samples seen of each
};

}  // namespace

CLH_PLUGIN(clh::model<ErRing>("acme-er-ring", "Experience replay from rings"));
