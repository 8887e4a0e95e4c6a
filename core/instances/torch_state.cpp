#include "core/instances/torch_state.hpp"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>

namespace clh::core {

TorchState TorchState::now() {
  TorchState state;
  state.dtype = c10::toString(c10::typeMetaToScalarType(c10::get_default_dtype()));
  state.threads = at::get_num_threads();
  state.interop_threads = at::get_num_interop_threads();
  state.gradients = at::GradMode::is_enabled();
  state.deterministic = at::globalContext().deterministicAlgorithms();
  const auto generator = at::detail::getDefaultCPUGenerator().get_state();
  const auto* bytes = generator.data_ptr<std::uint8_t>();
  state.generator.assign(bytes, bytes + generator.numel());
  return state;
}

std::string difference(const TorchState& before, const TorchState& after) {
  std::string text;
  const auto note = [&](bool same, const std::string& what) {
    if (!same) {
      text += (text.empty() ? "" : "; ") + what;
    }
  };
  note(before.dtype == after.dtype, "the default dtype " + after.dtype);
  note(before.threads == after.threads, std::to_string(after.threads) + " threads of LibTorch");
  note(before.interop_threads == after.interop_threads,
       std::to_string(after.interop_threads) + " interop threads of LibTorch");
  note(before.gradients == after.gradients,
       std::string("gradients switched ") + (after.gradients ? "on" : "off"));
  note(before.deterministic == after.deterministic, "deterministic algorithms switched");
  note(before.generator == after.generator, "numbers drawn from LibTorch's default generator");
  return text;
}

void warm_up_torch() {
  const auto x = at::ones({2}).requires_grad_();
  x.square().sum().backward();
}

}  // namespace clh::core
