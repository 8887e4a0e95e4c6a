// ProgressiveNetworks: each task trains a fresh network, a column, whose layers also get what the
// layers of the earlier columns, frozen, were fed. A task is answered by its own column.
// Rusu et al., "Progressive Neural Networks", arXiv:1606.04671, eq. 1 and 2.
// Every layer after the first has lateral inputs, the head too. Differs from the paper: backbones
// are fully connected networks alone.
#include <clh/model.hpp>
#include <clh/networks/frozen_networks.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lateral_adapter.hpp"
#include "linear_column.hpp"

namespace {

using pnn::AdapterForm;
using pnn::LateralAdapter;
using pnn::LinearColumn;

class ProgressiveNetworks final : public clh::Model {
 public:
  static constexpr const char* kCite = "Rusu et al. 2016, arXiv:1606.04671";
  struct Options {
    AdapterForm adapter = AdapterForm::kMlp;
    void bind(clh::OptionBinder& option) {
      option("adapter", adapter,
             "what joins a column to the earlier ones: one hidden layer, one matrix, or nothing")
          .choices({"mlp", "linear", "none"});
    }
  };

  ProgressiveNetworks(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    if (!task.first()) {
      net().assign(net().fresh(task.index()));
      optimizer().reset();
    }
    present_.reset();
    const LinearColumn column(net(), false);
    check(column, task);
    sizes_.push_back(LateralAdapter::size(options_.adapter, column, finished()));
    join_adapters();
    if (sizes_.back() > 0) {
      adapter(column, finished(), leaves_.back(), {}).draw(rng("method").torch());
    }
  }

  double observe(const clh::Batch& batch) override {
    if (!present_) {
      present_.emplace(net(), true);
    }
    const auto& leaf = leaves_.back();
    const auto lateral =
        adapter(*present_, finished(), leaf, leaf.numel() > 0 ? leaf.grad() : leaf);
    const auto before = earlier(batch.inputs, finished());
    const auto seen = present_->run(batch.inputs, [&](std::size_t layer, const at::Tensor& z) {
      return lateral.add(layer, z, before);
    });
    const auto loss = criterion(seen.back(), batch.labels);
    return learn(loss);
  }

  void end_task(const clh::Task&) override {
    columns_.push_back(net().frozen_copy());
    adapters_.push_back(leaves_.back().detach().clone());
    present_.reset();
  }

  /// Of a task that is not finished: the column in training, if there is one.
  at::Tensor predict(const clh::Query& query) override {
    const at::NoGradGuard no_grad;
    const bool training = sizes_.size() > columns_.size();
    if (query.task >= 0 && query.task < finished()) {
      const auto seen = earlier(query.inputs, query.task + 1);
      return clh::widened(seen.back().back(), net().info().outputs);
    }
    if (!training) {
      return net().forward(query.inputs);
    }
    const LinearColumn column(net(), false);
    const auto before = earlier(query.inputs, finished());
    const auto lateral = adapter(column, finished(), leaves_.back(), {});
    return column
        .run(query.inputs,
             [&](std::size_t layer, const at::Tensor& z) { return lateral.add(layer, z, before); })
        .back();
  }

  void state(clh::Archive& archive) override {
    clh::archive_frozen(archive, "columns", columns_, net());
    archive("adapters", adapters_)("sizes", sizes_);
    present_.reset();
    join_adapters();  // the optimizer fills them
  }

 private:
  std::int64_t finished() const { return static_cast<std::int64_t>(columns_.size()); }

  /// One leaf for each task: the optimizer lets none go, so those of finished tasks are copied.
  void join_adapters() {
    while (leaves_.size() < sizes_.size()) {
      const auto size = sizes_[leaves_.size()];
      leaves_.push_back(at::zeros({size}).requires_grad_(true));
      if (size > 0) {
        optimizer().add(("adapter." + std::to_string(leaves_.size() - 1)).c_str(), leaves_.back());
      }
    }
  }

  LateralAdapter adapter(const LinearColumn& column, std::int64_t before, const at::Tensor& values,
                         const at::Tensor& gradients) const {
    return {options_.adapter, column, before, values.detach(), gradients};
  }

  /// The inputs of all layers, and the outputs, of the first `count` columns.
  std::vector<std::vector<at::Tensor>> earlier(const at::Tensor& x, std::int64_t count) const {
    const at::NoGradGuard frozen;
    std::vector<std::vector<at::Tensor>> seen;
    for (std::int64_t k = 0; k < count; ++k) {
      const auto place = static_cast<std::size_t>(k);
      const LinearColumn column(columns_[place], false);
      const auto lateral = adapter(column, k, adapters_[place], {});
      seen.push_back(column.run(
          x, [&](std::size_t layer, const at::Tensor& z) { return lateral.add(layer, z, seen); }));
    }
    return seen;
  }

  /// Errors: UsageError if the network computes something else than its layers tell.
  void check(const LinearColumn& column, const clh::Task& task) const {
    if (task.size() == 0) {
      return;
    }
    const at::NoGradGuard no_grad;
    const auto x = task.read({0}).inputs;
    const auto seen = column.run(x, [](std::size_t, const at::Tensor& z) { return z; });
    if (!seen.back().allclose(net().forward(x), 1e-4, 1e-5)) {
      LinearColumn::refuse("other outputs than theirs");
    }
  }

  Options options_;
  std::vector<clh::Network> columns_;    // of each finished task
  std::vector<at::Tensor> adapters_;     // of each finished task: its numbers, for good
  std::vector<std::int64_t> sizes_;      // of each task's adapters, the present one's last
  std::vector<at::Tensor> leaves_;       // of each task: its adapters as the optimizer has them
  std::optional<LinearColumn> present_;  // to be made anew after each load
};

}  // namespace

CLH_PLUGIN(clh::model<ProgressiveNetworks>("pnn", "Progressive neural networks"));
