// GateLayer: a layer whose units can be closed, as a backbone declares it.
#pragma once
#include <cstdint>
#include <string>

namespace clh __attribute__((visibility("hidden"))) {

struct GateLayer {
  std::string name, weight, bias;  // of its parameters; bias may be empty
  std::int64_t units;
  std::int64_t input;  // index of the feeding gate layer, -1 = none
};

}  // namespace clh
