// Refusal: what a call that must be refused said.
#pragma once
#include <string>

#include "core/error.hpp"

/// Returns: "<slug>: <text>" of the Error that `call` throws, or "accepted".
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const clh::core::Error& error) {
    return error.slug() + ": " + error.what();
  }
  return "accepted";
}
