#include "core/abi/error_text.hpp"

#include <cstring>

#include "core/text/terminal_text.hpp"

namespace clh::core {

std::string message_of(const clh_error& error, const std::string& if_none) {
  const auto size = ::strnlen(error.message, sizeof error.message);
  return size == 0 ? if_none : terminal_text(std::string(error.message, size));
}

}  // namespace clh::core
