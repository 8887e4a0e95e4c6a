#include "core/instances/model_proxy.hpp"

#include <ATen/core/Tensor.h>

#include <cstring>

namespace clh::core {
namespace {

/// A NaN that no computation gives: the loss of an observe that has not written one.
constexpr std::uint64_t kUnwritten = 0x7ff8'636c'682d'6e6fULL;

}  // namespace

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
  std::memcpy(&loss, &kUnwritten, sizeof loss);
  const auto written = [&] { return std::memcmp(&loss, &kUnwritten, sizeof loss) != 0; };
  auto error = empty_error();
  const clh_status status = instance_.attempt(error, "observe", table_->observe, &batch, &loss);
  if (status != CLH_OK) {
    instance_.require_untouched(!written(), "observe", error);
    throw_status(instance_.run(), instance_.component(), "observe", status, error);
  }
  if (!written()) {
    instance_.fail_contract("observe", "expected a loss, found none");
  }
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
