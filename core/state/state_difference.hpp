// StateDifference: two state records compared bit by bit.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "core/state/state_record.hpp"

namespace clh::core {

/// Returns: where two records differ first, as in "/model/state/count: 3 and 4"; empty if nowhere.
///          Tensors and reals are compared as bits, so that NaN equals NaN.
/// Inputs:  skip names children of the roots that may differ: wall times.
std::string state_difference(const StateRecord& a, const StateRecord& b,
                             const std::vector<std::string>& skip = {"timing"});

/// A deep copy; tensors are copied too.
std::unique_ptr<StateRecord> copy_state(const StateRecord& record);

/// Whether a record holds nothing at all.
bool is_empty(const StateRecord& record);

}  // namespace clh::core
