// PluginRig: everything that creating one plugin's component needs, without a loop around it.
#pragma once
#include <clh/component.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/instances/instance_host.hpp"
#include "core/instances/run_context.hpp"
#include "core/machine/environment.hpp"
#include "core/options/component_tree.hpp"
#include "core/plugins/catalogue.hpp"
#include "core/plugins/plugin_library.hpp"
#include <spdlog/logger.h>
#include <spdlog/sinks/ostream_sink.h>

namespace clh::test {

/// What a test says about a component: its options, nested ones as tables.
inline core::ConfigTable options(std::vector<std::pair<std::string, core::ConfigValue>> entries) {
  core::ConfigTable table;
  for (auto& entry : entries) {
    table.set(entry.first, std::move(entry.second));
  }
  return table;
}

/// The built-in plugins of this build tree, found beside the test's executable.
class PluginRig {
 public:
  /// Inputs: files are further plugins, as with --plugin.
  explicit PluginRig(std::uint64_t seed = 0, std::vector<std::filesystem::path> files = {})
      : catalogue_(core::Catalogue::scan(core::search_places(search(std::move(files))),
                                         core::host_fingerprint())),
        library_(catalogue_, core::host_torch_layout()),
        run_(library_, seed,
             std::make_shared<spdlog::logger>(
                 "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_))),
        host_(run_, "test", "test") {}

  /// Checks options and fills in the defaults.
  /// Owner:   this rig keeps what it returns.
  /// Errors:  core::Error.
  const clh_factory& choose(clh_kind kind, const std::string& name,
                            const core::ConfigTable& user = {}) {
    std::vector<std::string> warnings;
    core::ComponentLookup lookup;
    lookup.find = [this](clh_kind k, const std::string& n) -> const clh_component& {
      return *library_.load(k, n).component;
    };
    chosen_.push_back(core::resolve_component(kind, "test", user, name, lookup,
                                              core::PathBase::of_process(), warnings));
    return chosen_.back()->factory;
  }
  /// Creates a component. Errors: those of choose(); StatusError when the plugin refuses.
  template <class Spec>
  Instance create(clh_kind kind, const std::string& name, Spec spec,
                  const core::ConfigTable& user = {}) {
    spec.struct_size = sizeof spec;
    return create(choose(kind, name, user), spec);
  }
  template <class Spec>
  Instance create(const clh_factory& factory, const Spec& spec) {
    return Instance(host_.table(), &factory, &spec, "test");
  }

  const core::Catalogue& catalogue() const { return catalogue_; }
  core::RunContext& run() { return run_; }
  std::string log() {
    run_.log->flush();
    return log_.str();
  }

 private:
  static core::SearchOptions search(std::vector<std::filesystem::path> files) {
    core::SearchOptions options;
    options.files = std::move(files);
    options.executable = std::filesystem::read_symlink("/proc/self/exe");
    return options;
  }

  std::ostringstream log_;
  core::Catalogue catalogue_;
  core::PluginLibrary library_;
  core::RunContext run_;
  std::vector<std::unique_ptr<core::ResolvedComponent>> chosen_;
  core::InstanceHost host_;
};

}  // namespace clh::test
