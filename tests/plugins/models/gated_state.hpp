// What the tests of models with gates share: a look into their state, and the means to set it.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "model_harness.hpp"

namespace clh::test {

/// The view of one parameter in a flat vector [P], by the name of its slot.
inline at::Tensor slice(ModelHarness& harness, const at::Tensor& flat, const std::string& name) {
  const auto& info = harness.network().info();
  for (std::int64_t i = 0; i < info.n_slots; ++i) {
    const auto& slot = info.slots[i];
    if (slot.name == name) {
      return flat.narrow(0, slot.offset, slot.count).view(Shape(slot.shape).dims());
    }
  }
  throw std::invalid_argument("no slot " + name);
}

inline core::StateRecord& attention_of(core::StateRecord& model_state) {
  return *model_state.children.at("attention");
}
inline at::Tensor embedding_of(const ModelHarness& harness) {
  return std::get<at::Tensor>(attention_of(*harness.model_state()).values.at("embedding"));
}
inline at::Tensor mask_of(const ModelHarness& harness, int task) {
  return std::get<at::Tensor>(
      attention_of(*harness.model_state()).children.at("masks")->values.at(std::to_string(task)));
}

/// Writes the harness's whole state, has it changed, and reads it again. `change` gets the model's
/// own record.
template <class Change>
void rewrite(ModelHarness& harness, const HarnessTask& task, std::int32_t index, Change&& change) {
  const auto checkpoint = harness.save();
  change(*checkpoint->record.children.at("model")->children.at("state"));
  harness.load(*checkpoint, task, index);
}

}  // namespace clh::test
