// Prior: a model without a network that always predicts the class it has seen most often.
#include <clh/model.hpp>

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

namespace {

class Prior final : public clh::Model {
 public:
  using Model::Model;

  double observe(const clh::Batch& batch) override {
    const auto* labels = batch.labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      const auto label = static_cast<std::size_t>(labels[i]);
      counts_.resize(std::max(counts_.size(), label + 1));
      ++counts_[label];
    }
    return 0.0;
  }
  at::Tensor predict(const clh::Query& query) override {
    const auto row = at::tensor(std::vector<std::int64_t>(counts_)).to(at::kFloat);
    return row.expand({query.inputs.size(0), row.size(0)});
  }
  void state(clh::Archive& archive) override { archive("counts", counts_); }

 private:
  std::vector<std::int64_t> counts_;
};

}  // namespace

CLH_PLUGIN(clh::model<Prior>("prior", "Predicts the most frequent class",
                             {"class-il", "task-il", "no-network"}));
