// Static checks: what a plugin's file says before any of it is executed.
#pragma once
#include <vector>

#include "core/validate/check.hpp"
#include "core/validate/subject.hpp"

namespace clh::core {

/// static.*; the subject is borrowed.
std::vector<Check> static_checks(Subject& subject);

}  // namespace clh::core
