#include "core/process/call_record.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <new>
#include <system_error>

#include "core/error.hpp"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace {

template <std::size_t N>
void copy_text(char (&to)[N], const char* text) {
  const auto n = ::strnlen(text, N - 1);
  std::memcpy(to, text, n);
  to[n] = '\0';
}

template <std::size_t N>
void end_text(char (&text)[N]) {
  text[N - 1] = '\0';
}

/// A copy whose texts end, whatever a plugin wrote on the page.
CallRecord copy_of(const CallRecord& on_page) {
  auto record = on_page;
  end_text(record.plugin);
  end_text(record.component);
  end_text(record.call);
  return record;
}

std::uint32_t open_calls(const CallRecordPage& page) {
  return std::min(page.depth.load(std::memory_order_acquire), CallRecordPage::kCalls);
}

CallRecordPage* map_page(int descriptor) {
  void* memory =
      ::mmap(nullptr, sizeof(CallRecordPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "call record page");
  }
  return static_cast<CallRecordPage*>(memory);
}

}  // namespace

std::string LoopPosition::text() const {
  if (task < 0) {
    return "";
  }
  return ", task " + std::to_string(task) + (step < 0 ? "" : " step " + std::to_string(step));
}

CallRecord::CallRecord(const std::string& plugin_label, const std::string& component_name) {
  copy_text(plugin, plugin_label.c_str());
  copy_text(component, component_name.c_str());
}

std::string CallRecord::text() const {
  return std::string(plugin) + " in " + call + position.text();
}

std::int64_t call_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);  // a few nanoseconds, no system call
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void ScopedCallRecord::write(const CallRecord& component, const char* call,
                             const LoopPosition& position) noexcept {
  depth_ = page_->depth.load(std::memory_order_relaxed);
  if (depth_ < CallRecordPage::kCalls) {
    auto& record = page_->calls[depth_];
    record = component;
    copy_text(record.call, call);
    record.position = position;
    record.started = call_clock();
  }
  page_->depth.store(depth_ + 1, std::memory_order_release);
}

SharedPage create_call_record_page() {
  const int descriptor = ::memfd_create("cl-host call records", MFD_CLOEXEC);
  if (descriptor < 0 || ::ftruncate(descriptor, sizeof(CallRecordPage)) != 0) {
    throw std::system_error(errno, std::generic_category(), "call record page");
  }
  return {descriptor, new (map_page(descriptor)) CallRecordPage{}};
}

CallRecordPage* open_call_record_page(int descriptor) {
  struct stat file {};
  if (::fstat(descriptor, &file) != 0 ||
      file.st_size != static_cast<off_t>(sizeof(CallRecordPage))) {
    throw Error("usage", "train: expected the page of a supervisor, found another descriptor",
                "use --supervise", kExitUsage);
  }
  auto* page = map_page(descriptor);
  ::close(descriptor);
  return page;
}

void name_run_directory(CallRecordPage& page, const std::string& directory) {
  copy_text(page.run_directory, directory.c_str());
}

std::optional<CallRecord> innermost_call(const CallRecordPage& page) {
  const auto open = open_calls(page);
  return open == 0 ? std::nullopt : std::make_optional(copy_of(page.calls[open - 1]));
}

std::optional<CallRecord> overdue_call(const CallRecordPage& page, std::int64_t limit,
                                       std::int64_t not_before) {
  const auto now = call_clock();
  // Innermost first: a hang below makes all calls above it late.
  for (auto i = open_calls(page); i > 0; --i) {
    auto call = copy_of(page.calls[i - 1]);
    if (now - std::max(call.started, not_before) > limit) {
      return call;
    }
  }
  return std::nullopt;
}

std::optional<CallRecord> last_call(const CallRecordPage& page) {
  return page.calls[0].call[0] == '\0' ? std::nullopt : std::make_optional(copy_of(page.calls[0]));
}

}  // namespace clh::core
