// Kinds: the six kinds of component by name.
#pragma once
#include <clh/abi.h>

#include <string>

namespace clh::core {

/// "model", "backbone", ...; "component" for a kind that this host does not know.
const char* kind_name(clh_kind kind);
bool is_kind(clh_kind kind);
/// 0 for an unknown name.
clh_kind kind_of(const std::string& name);

}  // namespace clh::core
