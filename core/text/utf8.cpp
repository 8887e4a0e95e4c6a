#include "core/text/utf8.hpp"

#include <cstddef>

namespace clh::core {
namespace {

/// How a character begins: how many bytes follow, and what the first of them may be.
struct Lead {
  std::size_t following;
  unsigned char least, most;
};

Lead lead_of(unsigned char first) {
  if (first < 0x80) {
    return {0, 0, 0};
  }
  if (first >= 0xC2 && first <= 0xDF) {
    return {1, 0x80, 0xBF};
  }
  if (first >= 0xE0 && first <= 0xEF) {  // nothing overlong, no surrogates
    const bool overlong = first == 0xE0, surrogate = first == 0xED;
    return {2, static_cast<unsigned char>(overlong ? 0xA0 : 0x80),
            static_cast<unsigned char>(surrogate ? 0x9F : 0xBF)};
  }
  if (first >= 0xF0 && first <= 0xF4) {  // nothing overlong, nothing above U+10FFFF
    const bool overlong = first == 0xF0, last = first == 0xF4;
    return {3, static_cast<unsigned char>(overlong ? 0x90 : 0x80),
            static_cast<unsigned char>(last ? 0x8F : 0xBF)};
  }
  return {1, 1, 0};  // no byte is right after it
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    Lead lead = lead_of(static_cast<unsigned char>(text[at++]));
    for (; lead.following > 0; --lead.following) {
      const auto next = at < text.size() ? static_cast<unsigned char>(text[at++]) : '\0';
      if (next < lead.least || next > lead.most) {
        return false;
      }
      lead.least = 0x80;
      lead.most = 0xBF;
    }
  }
  return true;
}

}  // namespace clh::core
