#pragma once

#include "core/error.hpp"
#include <gtest/gtest.h>

namespace clh::test {

/// Runs an action that must fail.
/// Returns: the core::Error it threw; if it threw none, a failed expectation and an empty error.
template <class Action>
core::Error error_of(Action&& action) {
  try {
    action();
  } catch (const core::Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected a core::Error, found none";
  return core::Error("", "", "", core::kExitBug);
}

}  // namespace clh::test
