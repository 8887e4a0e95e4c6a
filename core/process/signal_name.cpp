#include "core/process/signal_name.hpp"

#include <cstring>

namespace clh::core {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? "signal " + std::to_string(signal) : std::string("SIG") + name;
}

}  // namespace clh::core
