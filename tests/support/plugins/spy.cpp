// Spy: a model that learns nothing and reports what the host let it see, as metrics.
#include <clh/model.hpp>

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <limits>
#include <set>

namespace {

class Spy final : public clh::Model {
 public:
  struct Options {
    bool fail = false;
    bool nan_loss = false;
    void bind(clh::OptionBinder& option) {
      option("fail", fail, "throw in observe");
      option("nan-loss", nan_loss, "return NaN from observe");
    }
  };
  Spy(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

  void begin_task(const clh::Task& task) override {
    ++tasks_;
    metric("tasks-begun", tasks_);
    try {
      metric("count", static_cast<double>(task.count()));
    } catch (const clh::UsageError&) {
      metric("count-refused", 1);
    }
    metric("task-size", static_cast<double>(task.size()));
    metric("outputs", static_cast<double>(task.outputs()));
    try {
      task.read({task.size()});
      metric("read-outside", 1);
    } catch (const clh::StatusError&) {
      metric("read-refused", 1);
    }
  }

  double observe(const clh::Batch& batch) override {
    const auto* ids = batch.ids.data_ptr<std::int64_t>();
    const auto* labels = batch.labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.size(); ++i) {
      ids_.insert(ids[i]);
      low_ = std::min(low_, labels[i]);
      high_ = std::max(high_, labels[i]);
    }
    epochs_ += batch.index == 0 && batch.epoch == 0 ? 1 : 0;
    metric("first-batches", epochs_);
    metric_at("label-high-so-far", batch.step, static_cast<double>(high_));
    metric("ids", static_cast<double>(ids_.size()));
    metric("label-low", static_cast<double>(low_));
    metric("label-high", static_cast<double>(high_));
    metric("x-low", batch.inputs.min().item<double>());
    metric("x-high", batch.inputs.max().item<double>());
    if (options_.fail) {
      throw clh::UsageError("[spy] expected to be told to work, found fail=true");
    }
    if (options_.nan_loss) {
      return std::numeric_limits<double>::quiet_NaN();
    }
    return 0.0;
  }

  void end_task(const clh::Task&) override {
    ids_.clear();
    low_ = 1 << 20;
    high_ = -1;
  }

  at::Tensor predict(const clh::Query& query) override {
    highest_ = std::max(highest_, query.task);
    metric("query-task", static_cast<double>(highest_));
    return net().forward(query.inputs);
  }

 private:
  Options options_;
  std::set<std::int64_t> ids_;
  std::int64_t low_ = 1 << 20, high_ = -1, highest_ = -1;
  double tasks_ = 0, epochs_ = 0;
};

}  // namespace

CLH_PLUGIN(clh::model<Spy>("spy", "Reports what it can see"));
