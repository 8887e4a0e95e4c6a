// DatasetProxy: a dataset plugin's instance as a source of whole splits.
#pragma once
#include <clh/tensor.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/split_data.hpp"
#include "core/instances/plugin_instance.hpp"

namespace clh::core {

class DatasetProxy {
 public:
  DatasetProxy(RunContext& run, const clh_factory& factory);

  const clh_dataset_info& info() const { return info_; }
  /// Errors: Error `missing-data` (exit 2) with the dataset's own advice.
  void open();
  /// Reads a split and checks shapes, types, sizes and labels against info(), floats for being
  /// finite.
  /// Errors: Error `missing-data` or `bad-data` (exit 2), PluginError for a broken contract.
  SplitData load(std::int32_t split) const;

  const PluginInstance& instance() const { return instance_; }

 private:
  template <class Function, class... Args>
  void call_for_data(const char* what, Function function, Args... args) const;
  SplitData load_bulk(const clh_dataset_bulk_ext& bulk, std::int32_t split) const;
  SplitData load_by_index(std::int32_t split) const;
  /// Memory for n samples; `index` gets as many places. Errors: Error `bad-data`.
  SplitData room_for(std::int64_t n, std::vector<std::int64_t>& index) const;
  /// Takes the plugin's info as it is now. Errors: PluginError for one that breaks the contract.
  void read_info(std::int64_t least_size);
  void check(const SplitData& data, std::int32_t split) const;
  /// Inputs: at least one sample of float32. Errors: Error `bad-data`.
  void require_finite(const SplitData& data) const;
  [[noreturn]] void fail_data(const std::string& text, const std::string& fix) const;

  PluginInstance instance_;
  const clh_dataset_vt* table_;
  clh_dataset_info info_{};
};

}  // namespace clh::core
