// Table check: whether the table that a plugin handed over keeps the contract and agrees with the
// note that was read before the plugin ran.
#pragma once
#include <clh/abi.h>

#include <cstdint>
#include <string>

#include "core/plugins/plugin_note.hpp"
#include "core/text/kinds.hpp"

namespace clh::core {

/// Sizes of LibTorch's objects in this process; all 0 in a host without LibTorch.
struct TorchLayout {
  std::uint32_t tensor = 0, tensor_alignment = 0, generator = 0;
};

/// Checks sizes, ids, options, capabilities, agreement with the note, and clh.torch/1.
/// Errors: Error `bad-table` (malformed), `table-mismatch` (differs from the note) or
///         `torch-mismatch` (LibTorch's objects differ in size), exit code 3, beginning with
///         `where`.
void check_table(const clh_plugin& plugin, const PluginNote& note, const TorchLayout& torch,
                 const std::string& where);

}  // namespace clh::core
