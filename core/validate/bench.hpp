// Bench: everything that creating one component needs, without a loop around it.
#pragma once
#include <clh/component.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/instances/instance_host.hpp"
#include "core/instances/run_context.hpp"
#include "core/options/component_tree.hpp"
#include "core/validate/workshop.hpp"

namespace clh::core {

class Bench final {
 public:
  /// Inputs: the workshop is borrowed.
  Bench(Workshop& workshop, std::uint64_t seed);
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  /// Checks options and fills in the defaults. Owner: this bench. Errors: core::Error.
  const clh_factory& choose(clh_kind kind, const std::string& name,
                            const ConfigTable& options = {});

  /// Creates a component. Errors: StatusError when the plugin refuses.
  template <class Spec>
  Instance create(const clh_factory& factory, const Spec& spec) {
    return Instance(host_.table(), &factory, &spec, "validate");
  }

  RunContext& run() { return run_; }
  const clh_host* host() const { return host_.table(); }

 private:
  Workshop* workshop_;
  RunContext run_;
  std::vector<std::unique_ptr<ResolvedComponent>> chosen_;
  InstanceHost host_;
};

}  // namespace clh::core
