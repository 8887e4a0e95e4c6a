// Prior: a model without a network that always predicts the class it has seen most often.
#include <clh/model.hpp>

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <vector>

namespace {

class Prior final : public clh::Model {
 public:
  struct Options {
    std::int64_t columns = 0;
    void bind(clh::OptionBinder& option) {
      option("columns", columns, "outputs that it answers about; 0 = all").min(0);
    }
  };
  Prior(const clh::ModelContext& context, const Options& options)
      : Model(context), columns_(options.columns) {}

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
    auto row = at::tensor(std::vector<std::int64_t>(counts_)).to(at::kFloat);
    if (columns_ > 0) {
      row = row.narrow(0, 0, columns_);
    }
    return row.expand({query.inputs.size(0), row.size(0)});
  }
  void state(clh::Archive& archive) override { archive("counts", counts_); }

 private:
  std::int64_t columns_;
  std::vector<std::int64_t> counts_;
};

}  // namespace

CLH_PLUGIN(clh::model<Prior>("prior", "Predicts the most frequent class"));
