// InstanceHost: the host's table as one instance sees it.
#pragma once
#include <clh/abi.h>

#include <memory>
#include <string>
#include <vector>

#include "core/abi/instance_table.hpp"
#include "core/instances/run_context.hpp"

namespace clh::core {

/// Owner: lives longer than the instance; also owns the hosts of the instances that it creates.
class InstanceHost {
 public:
  /// Inputs: config_path is where the component stands in the configuration; path keys the
  ///         instance's random streams and tells apart what one creator makes of one component:
  ///         `backbone.layer`, `backbone.layer#1`, ...
  InstanceHost(RunContext& run, std::string config_path, std::string path);
  InstanceHost(const InstanceHost&) = delete;
  InstanceHost& operator=(const InstanceHost&) = delete;

  const clh_host* table() const { return &table_; }
  RunContext& run() const { return *run_; }
  const std::string& path() const { return path_; }

  /// Creates a component from what the user chose; LibTorch's default generator is seeded from its
  /// path's stream `init` meanwhile. The instance's table has this header's size and the required
  /// functions, whatever minor the plugin is of; a node with clh.node.vjp/1 gets a forward.
  /// Inputs: init_stream is `init`, or `init/<salt>` for a fresh copy.
  /// Errors: as throw_status; PluginError when the plugin reports success without an instance, or
  ///         with a table that lacks a required function.
  void create(const clh_factory& factory, const void* spec, const char* init_stream,
              clh_object* out);

 private:
  std::string child_path(const std::string& config_path) const;
  /// Reads the table of what was made for this host. Errors: StatusError, PluginError; the instance
  /// is destroyed then, if its table knows how.
  clh_object adopt_instance(const clh_object& made, const void* spec);
  /// Other plugins compute with the shape that an encoder or a layer tells them.
  /// Errors: PluginError for one that breaks the contract.
  void require_sound_shape(const clh_object& made) const;

  RunContext* run_;
  std::string config_path_, path_;
  clh_host table_{};
  InstanceTable instance_table_;  // of the instance that this host serves
  std::vector<std::unique_ptr<InstanceHost>> children_;
};

/// Turns a plugin's status into an exception.
/// Errors: Error `plugin-error` (exit 2) for what the user can mend, PluginError (exit 3) else,
///         Stopped for CLH_E_STOP.
[[noreturn]] void throw_status(const RunContext& run, const clh_component& component,
                               const char* call, clh_status status, const clh_error& error);

/// Turns an exception that came out of a plugin's function into a broken contract (rule R1); to be
/// called inside a catch block. Errors: always PluginError.
[[noreturn]] void throw_escaped(const RunContext& run, const clh_component& component,
                                const char* call);

/// What the records of a component's calls have in common; empty when nobody watches.
CallRecord call_record(const RunContext& run, const clh_component& component);

/// "observe, task 2 step 31": a call and where the loop is, for messages.
std::string call_and_position(const RunContext& run, const char* call);

}  // namespace clh::core
