// BuiltPlugins: the plugins of this build as a run sees them: found, gated, loaded and configured.
#pragma once

#include <torch/csrc/api/include/torch/version.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/options/component_tree.hpp"
#include "core/plugins/catalogue.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/run/run_context.hpp"
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

namespace clh::test {

/// Owner: outlives every instance that is created with its context.
class BuiltPlugins {
 public:
  /// Inputs: directory of the .so files, absolute.
  explicit BuiltPlugins(const std::string& directory, std::uint64_t seed = 0)
      : catalogue_(core::Catalogue::scan({{core::Level::kDirectory, directory}}, host())),
        library_(catalogue_, layout()),
        context_(library_, seed,
                 std::make_shared<spdlog::logger>(
                     "test", std::make_shared<spdlog::sinks::ostream_sink_st>(log_))) {}

  core::RunContext& context() { return context_; }
  /// What the instances logged.
  std::string log() const { return log_.str(); }

  /// Chooses a component with options, as a configuration would.
  /// Returns: a factory that lives as long as this object.
  /// Errors:  those of resolve_component.
  const clh_factory& choose(
      clh_kind kind, const std::string& path, const std::string& name,
      std::initializer_list<std::pair<const char*, core::ConfigValue>> options = {}) {
    core::ConfigTable table;
    table.set("name", {name});
    for (const auto& option : options) {
      table.set(option.first, option.second);
    }
    const core::ComponentSource source{
        [this](clh_kind k,
               const std::string& n) -> const auto& {return *library_.load(k, n).component;
  }
};
std::vector<std::string> warnings;
chosen_.push_back(core::resolve_component(kind, path, table, "", source,
                                          core::PathBase::of_process(), warnings));
EXPECT_TRUE(warnings.empty()) << warnings.front();
return chosen_.back()->factory;
}  // namespace clh::test

private:
static core::HostFingerprint host() {
  core::HostFingerprint host;
  host.machine = core::host_machine();
  host.abi_major = CLH_ABI_MAJOR;
  host.abi_minor = CLH_ABI_MINOR;
  host.torch_fingerprint = std::string(TORCH_VERSION) +
                           " variant=cpu cxx11abi=" + std::to_string(_GLIBCXX_USE_CXX11_ABI) +
                           " stl=libstdc++ debugstl=0";
  host.mapped_libraries = core::mapped_libraries();
  return host;
}
static core::TorchLayout layout() {
  return {sizeof(c10::TensorImpl), alignof(c10::TensorImpl), sizeof(c10::GeneratorImpl)};
}

std::ostringstream log_;
core::Catalogue catalogue_;
core::PluginLibrary library_;
core::RunContext context_;
std::vector<std::unique_ptr<core::ResolvedComponent>> chosen_;
}
;

}  // namespace clh::test
