#include "core/options/toml_depth.hpp"

#include <algorithm>

namespace clh::core {
namespace {

/// The position after a string that begins at `at`: basic or literal, on one line or several.
std::size_t after_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string_view triple = text.substr(at, 3);
  const bool several_lines = triple.size() == 3 && triple[1] == quote && triple[2] == quote;
  for (std::size_t i = at + (several_lines ? 3 : 1); i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (several_lines ? text.substr(i, 3) == triple : text[i] == quote) {
      return i + (several_lines ? 3 : 1);
    } else if (text[i] == '\n' && !several_lines) {
      return i;
    }
  }
  return text.size();
}

bool may_stand_in_a_bare_key(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == ' ' || c == '\t';
}

}  // namespace

std::size_t line_of_too_deep_key(std::string_view text) {
  std::size_t parts = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      at = after_string(text, at);
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '.') {
      if (++parts > kMaxKeyParts) {
        return 1 + static_cast<std::size_t>(std::count(
                       text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
      }
    } else if (!may_stand_in_a_bare_key(c)) {
      parts = 1;
    }
    ++at;
  }
  return 0;
}

}  // namespace clh::core
