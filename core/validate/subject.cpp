#include "core/validate/subject.hpp"

#include <clh/error.hpp>

#include <chrono>
#include <utility>

#include "core/abi/error_text.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/validate/check.hpp"
#include <dlfcn.h>

namespace clh::core {

Subject::Subject(std::filesystem::path file, const HostFingerprint& host, const TorchLayout& torch,
                 CapturedOutput* output)
    : path_(std::move(file)), host_(host), torch_(torch), output_(output) {
  warm_up_torch();
  host_threads_ = thread_ids();
}

const PluginFile& Subject::file() {
  if (!file_) {
    file_ = std::make_unique<PluginFile>(path_);
  }
  return *file_;
}

const ElfFile& Subject::elf() {
  if (!elf_) {
    elf_ = read_elf(file().descriptor(), path_.string());
  }
  return *elf_;
}

const ElfSymbols& Subject::symbols() {
  if (!symbols_) {
    elf();
    symbols_ = read_elf_symbols(file().descriptor(), path_.string());
  }
  return *symbols_;
}

const PluginNote& Subject::note() {
  if (!note_) {
    note_ = parse_plugin_note(elf().note, path_.string());
  }
  return *note_;
}

void Subject::open(Loading& loading) const {
  const auto file = std::filesystem::canonical(path_);
  void* library = nullptr;
  try {
    // Never closed: a thread or a graph node of the plugin may outlive every owner.
    library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  } catch (...) {  // a constructor's, through the dynamic linker, which is locked since
    std::terminate();
  }
  if (library == nullptr) {
    const char* reason = ::dlerror();
    throw CheckFailed{"a shared object that can be loaded",
                      reason == nullptr ? "no reason given" : reason};
  }
  loading.entry = reinterpret_cast<Loading::Entry*>(::dlsym(library, "clh_plugin_entry"));
  expect(loading.entry != nullptr, "the symbol clh_plugin_entry", "none");
  auto error = empty_error();
  loading.table = loading.entry(&load_time_host(), &error);
  expect(loading.table != nullptr, "a table from clh_plugin_entry",
         "the plugin refusing: " + message_of(error, "no reason given"));
  expect(error.code == CLH_OK && error.message[0] == '\0', "no error beside the table",
         message_of(error, "code " + std::to_string(error.code)));
}

const Loading& Subject::loading() {
  if (!loading_) {
    Loading seen;
    printed();
    const auto threads = thread_ids();
    seen.process_before = ProcessState::now();
    seen.torch_before = TorchState::now();
    const auto start = std::chrono::steady_clock::now();
    open(seen);
    seen.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    seen.torch_after = TorchState::now();
    seen.process_after = ProcessState::now();
    seen.threads_left = threads_left(threads);
    seen.output = printed();
    loading_ = std::move(seen);
  }
  return *loading_;
}

}  // namespace clh::core
