#include "core/text/kinds.hpp"

#include <algorithm>
#include <array>

namespace clh::core {
namespace {

constexpr std::array<const char*, 6> kNames = {"model",   "backbone", "dataset",
                                               "encoder", "node",     "layer"};

}  // namespace

bool is_kind(clh_kind kind) {
  return kind >= 1 && kind <= kNames.size();
}

const char* kind_name(clh_kind kind) {
  return is_kind(kind) ? kNames[kind - 1] : "component";
}

clh_kind kind_of(const std::string& name) {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  return found == kNames.end() ? 0 : static_cast<clh_kind>(found - kNames.begin() + 1);
}

}  // namespace clh::core
