// The one file of the tests that differs between two clones, so that a compiler cache serves both.
#include "tests/support/places.hpp"

namespace clh::test {

std::string in_build(const std::string& path) {
  return CLH_BUILD_DIR "/" + path;
}

std::string in_source(const std::string& path) {
  return CLH_SOURCE_DIR "/" + path;
}

}  // namespace clh::test
