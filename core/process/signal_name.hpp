#pragma once

#include <string>

namespace clh::core {

/// "SIGSEGV"; "signal 40" for one without a name.
std::string signal_name(int signal);

}  // namespace clh::core
