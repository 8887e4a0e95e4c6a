// Where this build and its sources lie.
#pragma once
#include <string>

namespace clh::test {

/// A path below the build directory: in_build("bin/cl-host").
std::string in_build(const std::string& path);

/// A path below the source directory.
std::string in_source(const std::string& path);

}  // namespace clh::test
