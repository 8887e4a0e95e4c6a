// Independent: a fresh network for each task, which nothing of the others reaches (a reference, no
// continual learner): it can neither forget nor transfer. Each starts from parameters of its own.
#include <clh/model.hpp>
#include <clh/networks/frozen_networks.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace {

class Independent final : public clh::Model {
 public:
  using Model::Model;

  void begin_task(const clh::Task& task) override {
    if (!task.first()) {
      net().assign(net().fresh(task.index()));
      optimizer().reset();
    }
  }

  double observe(const clh::Batch& batch) override {
    return learn(criterion(net().forward(batch.inputs), batch.labels));
  }

  void end_task(const clh::Task&) override { finished_.push_back(net().frozen_copy()); }

  /// Of a task that is not finished: the network as it stands.
  at::Tensor predict(const clh::Query& query) override {
    const auto count = static_cast<std::int64_t>(finished_.size());
    if (query.task < 0 || query.task >= count) {
      return net().forward(query.inputs);
    }
    const auto& own = finished_[static_cast<std::size_t>(query.task)];
    return clh::widened(own.forward(query.inputs), net().info().outputs);
  }

  void state(clh::Archive& archive) override {
    clh::archive_frozen(archive, "finished", finished_, net());
  }

 private:
  std::vector<clh::Network> finished_;  // of each task
};

}  // namespace

CLH_PLUGIN(clh::model<Independent>("independent", "A fresh network for each task"));
