// ErrorText: the line that a plugin left with a failure.
#pragma once
#include <clh/abi.h>

#include <string>

namespace clh::core {

/// Returns: the message of an error that a plugin filled, as terminal_text(); read no further than
///          the array reaches, whether the plugin ended it or not. `if_none` where it is empty.
std::string message_of(const clh_error& error, const std::string& if_none = {});

}  // namespace clh::core
