#include "core/plugins/model_proxy.hpp"

#include <torch/torch.h>

namespace clh::core {

ModelProxy::ModelProxy(RunContext& run, const clh_factory& factory, const clh_model_spec& spec)
    : instance_(run, factory, &spec), table_(&instance_.table<clh_model_vt>()) {
  instance_.require_size(sizeof(clh_model_vt));
  instance_.require(table_->destroy, "destroy");
  instance_.require(table_->observe, "observe");
  if (has("no-network")) {
    instance_.require(table_->predict, "predict (of a model without network)");
  }
}

void ModelProxy::begin_task(const clh_task& task) const {
  if (table_->begin_task != nullptr) {
    instance_.call("begin_task", table_->begin_task, &task);
  }
}

void ModelProxy::end_task(const clh_task& task) const {
  if (table_->end_task != nullptr) {
    instance_.call("end_task", table_->end_task, &task);
  }
}

void ModelProxy::begin_epoch(std::int64_t epoch) const {
  if (table_->begin_epoch != nullptr) {
    instance_.call("begin_epoch", table_->begin_epoch, epoch);
  }
}

void ModelProxy::end_epoch(std::int64_t epoch) const {
  if (table_->end_epoch != nullptr) {
    instance_.call("end_epoch", table_->end_epoch, epoch);
  }
}

double ModelProxy::observe(const clh_batch& batch) const {
  double loss = 0.0;
  instance_.call("observe", table_->observe, &batch, &loss);
  return loss;
}

at::Tensor ModelProxy::predict(const clh_query& query) const {
  return instance_.make("predict", table_->predict, &query);
}

void ModelProxy::set_training(bool on) const {
  if (table_->set_training != nullptr) {
    instance_.call("set_training", table_->set_training, on ? 1 : 0);
  }
}

}  // namespace clh::core
