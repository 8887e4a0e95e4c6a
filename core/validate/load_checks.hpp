// Load checks: opening the plugin and asking for its table disturbs nothing.
#pragma once
#include <vector>

#include "core/validate/check.hpp"
#include "core/validate/subject.hpp"

namespace clh::core {

/// load.*; the subject is borrowed.
std::vector<Check> load_checks(Subject& subject);

}  // namespace clh::core
