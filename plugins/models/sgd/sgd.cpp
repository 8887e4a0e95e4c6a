// Sgd: fine-tunes on each task with nothing against forgetting (the lower bound).
#include <clh/model.hpp>

namespace {

class Sgd final : public clh::Model {
 public:
  using Model::Model;

  double observe(const clh::Batch& batch) override {
    return learn(criterion(net().forward(batch.inputs), batch.labels));
  }
};

}  // namespace

CLH_PLUGIN(clh::model<Sgd>("sgd", "Plain fine-tuning"));
