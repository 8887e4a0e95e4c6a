#pragma once

#include <string>

namespace clh::core {

/// Returns: the text with every control character, and every byte that is no UTF-8, replaced by
///          '?': names and messages come from plugins and files, and must neither steer a terminal
///          nor begin a line.
std::string terminal_text(const std::string& text);

}  // namespace clh::core
