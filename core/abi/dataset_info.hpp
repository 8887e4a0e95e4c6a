// DatasetInfo: what a dataset says of itself, in the host's own memory and looked at.
#pragma once
#include "core/abi/shape_check.hpp"

namespace clh::core {

/// Returns: a copy of what the plugin's own header had (rule R2), as far as this header knows it;
///          0 or null for the rest. struct_size stays the plugin's.
clh_dataset_info read_dataset_info(const clh_dataset_info& given);

/// Returns: what is wrong with an info that was read; nothing for a sound one.
/// Inputs:  least_size -1 while a split's size may still be unknown, else 0.
std::optional<Mismatch> dataset_info_defect(const clh_dataset_info& info, std::int64_t least_size);

}  // namespace clh::core
