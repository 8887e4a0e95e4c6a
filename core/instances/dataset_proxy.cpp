#include "core/instances/dataset_proxy.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

#include "core/abi/dataset_info.hpp"
#include "core/abi/dlpack_tensor.hpp"
#include "core/abi/error_text.hpp"
#include "core/error.hpp"
#include "core/text/terminal_text.hpp"

namespace clh::core {
namespace {

const clh_dataset_spec& dataset_spec() {
  static const clh_dataset_spec spec{sizeof(clh_dataset_spec), 0, nullptr};
  return spec;
}

std::string shape_text(at::IntArrayRef sizes) {
  std::string text = "[";
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::to_string(sizes[i]);
  }
  return text + "]";
}

std::string type_text(at::ScalarType type) {
  switch (type) {
    case at::kByte:
      return "uint8";
    case at::kFloat:
      return "float32";
    case at::kLong:
      return "int64";
    default:
      return c10::toString(type);
  }
}

/// "uint8 inputs [60, 8] and int64 labels [60]".
std::string split_text(at::ScalarType inputs, at::IntArrayRef input_sizes, at::ScalarType labels,
                       at::IntArrayRef label_sizes) {
  return type_text(inputs) + " inputs " + shape_text(input_sizes) + " and " + type_text(labels) +
         " labels " + shape_text(label_sizes);
}

/// How to get the data, in the dataset's own words.
std::string advice(const clh_dataset_info& info, const std::string& before,
                   const std::string& if_none) {
  const bool given = info.how != nullptr && info.how[0] != '\0';
  return given ? before + terminal_text(info.how) : if_none;
}

/// What to do about data that are there and wrong: they may be the user's own.
std::string repair(const clh_dataset_info& info) {
  return advice(info, "correct its files, or get them anew: ", "correct its files");
}

}  // namespace

DatasetProxy::DatasetProxy(RunContext& run, const clh_factory& factory)
    : instance_(run, factory, &dataset_spec()), table_(&instance_.table<clh_dataset_vt>()) {
  instance_.require_size(sizeof(clh_dataset_vt));
  instance_.require(table_->destroy, "destroy");
  instance_.require(table_->info, "info");
  instance_.require(table_->open, "open");
  read_info(-1);
}

void DatasetProxy::read_info(std::int64_t least_size) {
  const clh_dataset_info* given = instance_.enter("info", table_->info);
  if (given == nullptr) {
    instance_.fail_contract("info", "expected an info, found none");
  }
  info_ = read_dataset_info(*given);
  if (const auto defect = dataset_info_defect(info_, least_size)) {
    instance_.fail_contract("info", defect->text());
  }
}

void DatasetProxy::fail_data(const std::string& text, const std::string& fix) const {
  throw Error("bad-data", std::string("dataset ") + instance_.component().id + ": " + text, fix,
              kExitUsage);
}

template <class Function, class... Args>
void DatasetProxy::call_for_data(const char* what, Function function, Args... args) const {
  auto error = empty_error();
  const clh_status status = instance_.attempt(error, what, function, args...);
  if (status == CLH_OK) {
    return;
  }
  if (status == CLH_E_IO || status == CLH_E_INVALID) {
    const bool missing = status == CLH_E_IO;
    throw Error(missing ? "missing-data" : "bad-data",
                std::string("dataset ") + instance_.component().id + ": " + message_of(error),
                missing ? advice(info_, "", "get its files") : repair(info_), kExitUsage);
  }
  throw_status(instance_.run(), instance_.component(), what, status, error);
}

void DatasetProxy::open() {
  call_for_data("open", table_->open);
  const bool bulk = instance_.extension<clh_dataset_bulk_ext>("clh.dataset.bulk/1") != nullptr;
  read_info(bulk ? -1 : 0);  // what gives whole splits may know their sizes no earlier
}

SplitData DatasetProxy::load(std::int32_t split) const {
  const auto* bulk = instance_.extension<clh_dataset_bulk_ext>("clh.dataset.bulk/1");
  auto data = bulk != nullptr ? load_bulk(*bulk, split) : load_by_index(split);
  check(data, split);
  return data;
}

SplitData DatasetProxy::load_bulk(const clh_dataset_bulk_ext& bulk, std::int32_t split) const {
  DLManagedTensor *x = nullptr, *y = nullptr;
  call_for_data("load", bulk.load, split, &x, &y);
  DlpackTensor inputs(x), labels(y);
  if (!inputs || !labels) {
    instance_.fail_contract("load", "expected samples and labels, found none");
  }
  return {inputs.take().contiguous(), labels.take().contiguous()};
}

SplitData DatasetProxy::room_for(std::int64_t n, std::vector<std::int64_t>& index) const {
  auto sizes = Shape(info_.sample).dims();
  sizes.insert(sizes.begin(), n);
  try {
    SplitData data{at::empty(sizes, info_.dtype == CLH_U8 ? at::kByte : at::kFloat),
                   at::empty({n}, at::kLong)};
    index.resize(static_cast<std::size_t>(n));
    return data;
  } catch (const std::bad_alloc&) {
  } catch (const c10::Error&) {  // LibTorch's own word for it
  }
  fail_data("expected memory for samples " + shape_text(sizes) + ", found too little",
            "choose a smaller dataset, or a machine with more memory");
}

SplitData DatasetProxy::load_by_index(std::int32_t split) const {
  instance_.require(table_->get, "get");
  const auto n = info_.size[split];
  std::vector<std::int64_t> index;
  auto data = room_for(n, index);
  std::iota(index.begin(), index.end(), std::int64_t{0});
  call_for_data("get", table_->get, split, static_cast<const std::int64_t*>(index.data()), n,
                data.inputs.data_ptr(), data.labels.data_ptr<std::int64_t>());
  return data;
}

void DatasetProxy::require_finite(const SplitData& data) const {
  const auto* values = data.inputs.data_ptr<float>();
  const auto* end = values + data.inputs.numel();
  const auto* found = std::find_if(values, end, [](float value) { return !std::isfinite(value); });
  if (found != end) {
    const auto sample = (found - values) / (data.inputs.numel() / data.size());
    fail_data("expected finite values, found " + std::to_string(*found) + " in sample " +
                  std::to_string(sample),
              repair(info_));
  }
}

void DatasetProxy::check(const SplitData& data, std::int32_t split) const {
  const auto n = data.labels.numel();
  auto expected = Shape(info_.sample).dims();
  expected.insert(expected.begin(), n);
  const auto dtype = info_.dtype == CLH_U8 ? at::kByte : at::kFloat;
  if (data.inputs.sizes() != at::IntArrayRef(expected) || data.inputs.scalar_type() != dtype ||
      data.labels.dim() != 1 || data.labels.scalar_type() != at::kLong) {
    instance_.fail_contract("load", "expected, by its info, " +
                                        split_text(dtype, expected, at::kLong, {n}) + ", found " +
                                        split_text(data.inputs.scalar_type(), data.inputs.sizes(),
                                                   data.labels.scalar_type(), data.labels.sizes()));
  }
  if (info_.size[split] >= 0 && data.size() != info_.size[split]) {
    fail_data("expected " + std::to_string(info_.size[split]) + " samples, found " +
                  std::to_string(data.size()),
              repair(info_));
  }
  if (data.size() > 0) {
    if (dtype == at::kFloat) {
      require_finite(data);
    }
    const auto low = data.labels.min().item<std::int64_t>();
    const auto high = data.labels.max().item<std::int64_t>();
    if (low < 0 || high >= info_.n_classes) {
      fail_data("expected labels 0 to " + std::to_string(info_.n_classes - 1) + ", found " +
                    std::to_string(low < 0 ? low : high),
                repair(info_));
    }
  }
}

}  // namespace clh::core
