// Name hints: the names in an error message and the one that was probably meant.
#pragma once
#include <string>
#include <vector>

#include "core/text/nearest_name.hpp"

namespace clh::core {

/// "a, b, c".
inline std::string joined(const std::vector<std::string>& names, const char* separator = ", ") {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : separator) + name;
  }
  return out;
}

/// `did you mean "x"?`, or `otherwise` if no name is near.
inline std::string did_you_mean(const std::string& name, const std::vector<std::string>& names,
                                const std::string& otherwise) {
  const auto nearest = nearest_name(name, names);
  return nearest ? "did you mean \"" + *nearest + "\"?" : otherwise;
}

}  // namespace clh::core
