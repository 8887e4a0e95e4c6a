// Throws an exception through the dynamic linker.
#include <stdexcept>

__attribute__((constructor)) static void at_load() {
  throw std::runtime_error("thrown by a constructor");
}
