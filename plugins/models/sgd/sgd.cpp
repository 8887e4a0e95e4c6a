// Sgd: fine-tunes on each task with nothing against forgetting (the lower bound).
#include <clh/model.hpp>

namespace {

class Sgd final : public clh::Model {
 public:
  using Model::Model;

  double observe(const clh::Batch& batch) override {
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    loss.backward();
    optimizer().step();
    return loss.item<double>();
  }
};

}  // namespace

CLH_PLUGIN(clh::model<Sgd>("sgd", "Plain fine-tuning"));
