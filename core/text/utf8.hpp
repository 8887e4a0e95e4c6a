// UTF-8: what TOML and JSON documents are made of.
#pragma once
#include <string_view>

namespace clh::core {

/// Whether a text is well-formed UTF-8. Source: Unicode 15, table 3-7.
bool is_utf8(std::string_view text);

}  // namespace clh::core
