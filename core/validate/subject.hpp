// Subject: the plugin file under validation, read and loaded step by step.
#pragma once
#include <clh/abi.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/elf/elf_file.hpp"
#include "core/elf/elf_symbols.hpp"
#include "core/instances/torch_state.hpp"
#include "core/plugins/compatibility.hpp"
#include "core/plugins/plugin_file.hpp"
#include "core/plugins/plugin_note.hpp"
#include "core/plugins/table_check.hpp"
#include "core/process/captured_output.hpp"
#include "core/process/process_state.hpp"

namespace clh::core {

/// What was seen while the plugin was opened and its entry called once.
struct Loading {
  using Entry = const clh_plugin*(const clh_host*, clh_error*);
  Entry* entry = nullptr;
  const clh_plugin* table = nullptr;
  double seconds = 0.0;
  ProcessState process_before, process_after;
  TorchState torch_before, torch_after;
  std::size_t threads_left = 0;
  std::string output;
};

class Subject final {
 public:
  /// Inputs:  output, when not null, is where a silent plugin leaves nothing; borrowed.
  Subject(std::filesystem::path file, const HostFingerprint& host, const TorchLayout& torch,
          CapturedOutput* output);
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Each is read at its first use. Errors: core::Error of the reader.
  const ElfFile& elf();
  const ElfSymbols& symbols();
  const PluginNote& note();
  const HostFingerprint& host() const { return host_; }
  const TorchLayout& torch() const { return torch_; }

  /// Opens the plugin and calls its entry, at the first use.
  /// Errors:  CheckFailed when it cannot be loaded.
  const Loading& loading();
  const clh_plugin& table() { return *loading().table; }

  /// The threads that ran before the plugin was loaded.
  const std::vector<std::int64_t>& host_threads() const { return host_threads_; }

  /// Returns: what was printed since the last call; empty when nobody captures.
  std::string printed() { return output_ == nullptr ? "" : output_->take(); }

 private:
  const PluginFile& file();
  void open(Loading& loading) const;

  std::filesystem::path path_;
  HostFingerprint host_;
  TorchLayout torch_;
  CapturedOutput* output_;
  std::vector<std::int64_t> host_threads_;
  std::unique_ptr<PluginFile> file_;
  std::optional<ElfFile> elf_;
  std::optional<ElfSymbols> symbols_;
  std::optional<PluginNote> note_;
  std::optional<Loading> loading_;
};

}  // namespace clh::core
