// own_leaf: a parameter that a model gave to the optimizer, by its name.
#pragma once
#include "model_harness.hpp"

namespace clh::test {

/// Returns: its values as one vector. Owner: a copy.
inline at::Tensor own_leaf(ModelHarness& harness, const std::string& name) {
  const auto saved = harness.save();
  const auto& arena = *saved->record.children.at("optimizer")->children.at("values." + name);
  return std::get<at::Tensor>(arena.values.at("values")).clone();
}

}  // namespace clh::test
