// Twin: trains a second network, and a temperature of its own, beside the first one.
#include <clh/model.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>

namespace {

class Twin final : public clh::Model {
 public:
  explicit Twin(clh::ModelContext context) : Model(std::move(context)) {
    optimizer().add("temperature", temperature_);
  }

  void begin_task(const clh::Task& task) override {
    if (task.index() == 1) {
      second_ = net().fresh(7);
    }
  }
  double observe(const clh::Batch& batch) override {
    auto outputs = net().forward(batch.inputs);
    if (second_) {
      second_.set_training(true);
      outputs = outputs + second_.forward(batch.inputs) * temperature_;
    }
    auto loss = criterion(outputs, batch.labels);
    return learn(loss);
  }
  void state(clh::Archive& archive) override {
    archive_network(archive, "second", second_, clh::NetworkCopy::kFresh);
  }

 private:
  at::Tensor temperature_ = at::ones({1}).requires_grad_();
  clh::Network second_;
};

}  // namespace

CLH_PLUGIN(clh::model<Twin>("twin", "Trains two networks"));
