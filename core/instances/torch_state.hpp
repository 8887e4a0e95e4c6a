// TorchState: LibTorch's settings of the process, which belong to the host (rule R15).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clh::core {

struct TorchState {
  std::string dtype;
  int threads = 0, interop_threads = 0;
  bool gradients = true, deterministic = false;
  std::vector<std::uint8_t> generator;  // state of the default CPU generator

  static TorchState now();
};

/// Returns: the differences as text, empty if there is none.
std::string difference(const TorchState& before, const TorchState& after);

/// Starts whatever LibTorch starts at its first backward pass, threads above all.
void warm_up_torch();

}  // namespace clh::core
