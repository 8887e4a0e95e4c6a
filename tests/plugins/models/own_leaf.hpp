// own_leaf: a parameter that a model gave to the optimizer, by its name.
#pragma once
#include "model_bench.hpp"

namespace clh::test {

/// Returns: its values as one vector. Owner: a copy.
inline at::Tensor own_leaf(ModelBench& bench, const std::string& name) {
  const auto saved = bench.save();
  const auto& arena = *saved->record.children.at("optimizer")->children.at("values." + name);
  return std::get<at::Tensor>(arena.values.at("values")).clone();
}

}  // namespace clh::test
