// Joint: trains a fresh network once on the union of all tasks (the upper bound; no continual
// learner). Earlier tasks are only kept, and their loss only measured; the training happens in the
// last task, for that task's epochs over the union.
#include <clh/model.hpp>

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace {

class Joint final : public clh::Model {
 public:
  using Model::Model;

  void begin_task(const clh::Task& task) override {
    last_ = task.index() + 1 == task.count();
    if (!last_) {
      keep(task);
      return;
    }
    for (std::size_t i = 0; i < raw_.size(); ++i) {
      task.append(raw_[i], labels_[i]);
    }
    raw_.clear();
    labels_.clear();
    net().assign(net().spawn(clh::Spawn::kFresh));
    optimizer().reset();
  }

  double observe(const clh::Batch& batch) override {
    if (!last_) {
      const at::NoGradGuard measure_only;
      return criterion(net().forward(batch.inputs), batch.labels).item<double>();
    }
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    optimizer().step();
    return loss.item<double>();
  }

  void state(clh::Archive& archive) override {
    archive("last", last_)("raw", raw_)("labels", labels_);
  }

 private:
  /// Reads piece by piece, because every sample read comes as a network input too.
  void keep(const clh::Task& task) {
    constexpr std::int64_t kPiece = 1000;
    std::vector<at::Tensor> raw, labels;
    for (std::int64_t begin = 0; begin < task.size(); begin += kPiece) {
      std::vector<std::int64_t> positions(
          static_cast<std::size_t>(std::min(kPiece, task.size() - begin)));
      std::iota(positions.begin(), positions.end(), begin);
      const auto piece = task.read(positions);
      raw.push_back(piece.raw);
      labels.push_back(piece.labels);
    }
    raw_.push_back(at::cat(raw));
    labels_.push_back(at::cat(labels));
  }

  bool last_ = false;
  std::vector<at::Tensor> raw_, labels_;  // of each task: [n, ...] in the dataset's dtype, [n]
};

}  // namespace

CLH_PLUGIN(clh::model<Joint>("joint", "Offline joint training",
                             {"class-il", "domain-il", "task-il", "needs:task-count"}));
