#include "core/process/call_trace.hpp"

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
std::string text_of(const char (&from)[N]) {
  return {from, ::strnlen(from, N)};
}

OpenCall call_of(const BreadcrumbPage::Frame& frame) {
  return {text_of(frame.site.plugin),
          text_of(frame.site.component),
          text_of(frame.call),
          frame.task,
          frame.step,
          frame.started};
}

std::uint32_t open_frames(const BreadcrumbPage& page) {
  return std::min(page.depth.load(std::memory_order_acquire), BreadcrumbPage::kFrames);
}

BreadcrumbPage* map_page(int descriptor) {
  void* memory =
      ::mmap(nullptr, sizeof(BreadcrumbPage), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (memory == MAP_FAILED) {
    throw std::system_error(errno, std::generic_category(), "breadcrumb page");
  }
  return static_cast<BreadcrumbPage*>(memory);
}

}  // namespace

CallSite::CallSite(const std::string& plugin_label, const std::string& component_name) {
  copy_text(plugin, plugin_label.c_str());
  copy_text(component, component_name.c_str());
}

std::int64_t breadcrumb_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);  // a few nanoseconds, no system call
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void Breadcrumb::drop(const CallSite& site, const char* call, std::int64_t task,
                      std::int64_t step) noexcept {
  depth_ = page_->depth.load(std::memory_order_relaxed);
  if (depth_ < BreadcrumbPage::kFrames) {
    auto& frame = page_->frames[depth_];
    frame.site = site;
    copy_text(frame.call, call);
    frame.task = task;
    frame.step = step;
    frame.started = breadcrumb_clock();
  }
  page_->depth.store(depth_ + 1, std::memory_order_release);
}

SharedPage create_breadcrumb_page() {
  const int descriptor = ::memfd_create("cl-host breadcrumb", MFD_CLOEXEC);
  if (descriptor < 0 || ::ftruncate(descriptor, sizeof(BreadcrumbPage)) != 0) {
    throw std::system_error(errno, std::generic_category(), "breadcrumb page");
  }
  return {descriptor, new (map_page(descriptor)) BreadcrumbPage{}};
}

BreadcrumbPage* open_breadcrumb_page(int descriptor) {
  struct stat file {};
  if (::fstat(descriptor, &file) != 0 ||
      file.st_size != static_cast<off_t>(sizeof(BreadcrumbPage))) {
    throw Error("usage", "train: expected the page of a supervisor, found another descriptor",
                "use --supervise", kExitUsage);
  }
  auto* page = map_page(descriptor);
  ::close(descriptor);
  return page;
}

void name_record(BreadcrumbPage& page, const std::string& directory) {
  copy_text(page.record, directory.c_str());
}

std::string OpenCall::text() const {
  std::string place = plugin + " in " + call;
  if (task >= 0) {
    place += ", task " + std::to_string(task);
    if (step >= 0) {
      place += " step " + std::to_string(step);
    }
  }
  return place;
}

std::optional<OpenCall> innermost_call(const BreadcrumbPage& page) {
  const auto open = open_frames(page);
  return open == 0 ? std::nullopt : std::make_optional(call_of(page.frames[open - 1]));
}

std::optional<OpenCall> overdue_call(const BreadcrumbPage& page, std::int64_t limit,
                                     std::int64_t not_before) {
  const auto now = breadcrumb_clock();
  // Innermost first: a hang below makes all calls above it late.
  for (auto i = open_frames(page); i > 0; --i) {
    auto call = call_of(page.frames[i - 1]);
    if (now - std::max(call.started, not_before) > limit) {
      return call;
    }
  }
  return std::nullopt;
}

std::optional<OpenCall> last_call(const BreadcrumbPage& page) {
  return page.frames[0].call[0] == '\0' ? std::nullopt
                                        : std::make_optional(call_of(page.frames[0]));
}

}  // namespace clh::core
