#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clh::core {

/// Counts the insertions, deletions, substitutions and swaps of neighbours that turn a into b.
/// Source:  optimal string alignment: Damerau 1964, doi:10.1145/363958.363994.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Finds the name that the user most likely meant.
/// Inputs:  name as typed; upper and lower case count as equal.
/// Returns: the closest name within a third of the longer length (at least 1, at most 3 edits), the
///          first of several; nothing if no name is that close.
std::optional<std::string> nearest_name(std::string_view name,
                                        const std::vector<std::string>& names);

}  // namespace clh::core
