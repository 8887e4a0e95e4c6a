#include "core/text/terminal_text.hpp"

#include <string_view>

#include "core/text/utf8.hpp"

namespace clh::core {
namespace {

/// Bytes of the character that a text begins with; 0 where it begins with none.
std::size_t character_size(std::string_view text) {
  constexpr std::size_t kLongest = 4;
  for (std::size_t size = 1; size <= kLongest && size <= text.size(); ++size) {
    if (is_utf8(text.substr(0, size))) {
      return size;
    }
  }
  return 0;
}

/// U+0000 to U+001F, U+007F and U+0080 to U+009F.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20U || first == 0x7F ||
         (first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0U);
}

}  // namespace

std::string terminal_text(const std::string& text) {
  std::string shown;
  for (std::string_view rest = text; !rest.empty();) {
    const auto size = character_size(rest);
    const auto character = rest.substr(0, size == 0 ? 1 : size);
    if (size == 0 || is_control(character)) {
      shown += '?';
    } else {
      shown += character;
    }
    rest.remove_prefix(character.size());
  }
  return shown;
}

}  // namespace clh::core
