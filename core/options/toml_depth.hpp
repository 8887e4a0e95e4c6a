// TOML depth: dotted keys that would nest tables until the stack is exhausted.
#pragma once
#include <cstddef>
#include <string_view>

namespace clh::core {

/// Parts of a dotted key. The TOML library limits values in each other, but not the tables that
/// one key opens; a configuration needs five.
constexpr std::size_t kMaxKeyParts = 32;

/// Finds a dotted key of more than kMaxKeyParts parts, in text that need not be TOML.
/// Returns: its line, from 1; 0 if there is none.
std::size_t line_of_too_deep_key(std::string_view text);

}  // namespace clh::core
