// ScopedParameters: lets a network compute with other parameter values for a while.
#pragma once
#include <clh/network.hpp>

#include <ATen/core/grad_mode.h>

namespace clh __attribute__((visibility("hidden"))) {

/// From construction to destruction the network has `values` [P]; then its own again, bit for bit.
/// A backward() through outputs made meanwhile must happen meanwhile.
class ScopedParameters {
 public:
  ScopedParameters(const Network& net, const at::Tensor& values)
      : values_(net.values()), own_(values_.clone()) {
    const at::NoGradGuard no_grad;
    values_.copy_(values);
  }
  ~ScopedParameters() {
    const at::NoGradGuard no_grad;
    values_.copy_(own_);
  }
  ScopedParameters(const ScopedParameters&) = delete;
  ScopedParameters& operator=(const ScopedParameters&) = delete;

 private:
  at::Tensor values_, own_;  // [P]: the network's, shared; what they were
};

}  // namespace clh
