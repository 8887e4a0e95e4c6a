// Breadcrumb: which call of which plugin the host is in, on a page that outlives the process.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

namespace clh::core {

/// A component as the page names it. Longer names are cut.
struct CallSite {
  char plugin[80] = "";  // "org.clh.er 1.0.0"
  char component[48] = "";

  CallSite() = default;
  CallSite(const std::string& plugin_label, const std::string& component_name);
};

/// What is shared between a supervised process and its supervisor: bytes, no pointers. The frames
/// are a stack, because a model calls the network, which is a plugin too.
struct BreadcrumbPage {
  static constexpr std::uint32_t kFrames = 16;
  struct Frame {
    CallSite site;
    char call[32];
    std::int64_t task, step;  // -1 = outside
    std::int64_t started;     // breadcrumb_clock()
  };

  std::atomic<std::uint32_t> depth;  // open calls; those beyond kFrames have no frame
  std::atomic<std::uint32_t> ended;  // 1: the command is done, only exit handlers follow
  Frame frames[kFrames];
  char record[4096];  // the run's directory, empty = none
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "the page has no lock");

/// Nanoseconds of a clock that all processes share, in steps of some milliseconds.
std::int64_t breadcrumb_clock();

/// Where the loop is, for messages; -1 = outside.
struct CallPlace {
  std::int64_t task = -1, step = -1;
};

struct CallTrace;

/// Leaves a breadcrumb for the length of a scope; nested calls restore the outer one.
/// Thread:  main.
class Breadcrumb final {
 public:
  /// Inputs:  page may be null (nobody watches); call is one word, as in messages.
  Breadcrumb(BreadcrumbPage* page, const CallSite& site, const char* call, std::int64_t task,
             std::int64_t step) noexcept
      : page_(page) {
    if (page_ != nullptr) {
      drop(site, call, task, step);
    }
  }
  Breadcrumb(const CallTrace& trace, const char* call) noexcept;
  ~Breadcrumb() {
    if (page_ != nullptr) {
      page_->depth.store(depth_, std::memory_order_release);
    }
  }
  Breadcrumb(const Breadcrumb&) = delete;
  Breadcrumb& operator=(const Breadcrumb&) = delete;

 private:
  void drop(const CallSite& site, const char* call, std::int64_t task, std::int64_t step) noexcept;

  BreadcrumbPage* page_;
  std::uint32_t depth_ = 0;  // before this call
};

/// What breadcrumbs of one component need when they are left far from its owner.
struct CallTrace {
  BreadcrumbPage* page = nullptr;  // null = nobody watches
  CallSite site;
  const CallPlace* place = nullptr;  // where the loop is; borrowed, not null with a page
};

inline Breadcrumb::Breadcrumb(const CallTrace& trace, const char* call) noexcept
    : page_(trace.page) {
  if (page_ != nullptr) {
    drop(trace.site, call, trace.place->task, trace.place->step);
  }
}

/// Creates a page of this process. Returns: its descriptor, which a child may inherit.
/// Owner:   the caller, of both. Errors: std::system_error.
struct SharedPage {
  int descriptor;
  BreadcrumbPage* page;
};
SharedPage create_breadcrumb_page();

/// Maps the page behind an inherited descriptor and closes it. Owner: the process, to its end.
/// Errors:  Error `usage` unless it is such a page.
BreadcrumbPage* open_breadcrumb_page(int descriptor);

/// Says where the run keeps its record. Inputs: empty = nowhere.
void name_record(BreadcrumbPage& page, const std::string& directory);

/// A call that was open when the process ended, or that lasts too long.
struct OpenCall {
  std::string plugin, component, call;
  std::int64_t task = -1, step = -1;
  std::int64_t started = 0;

  /// "org.clh.er 1.0.0 in observe, task 3 step 120".
  std::string text() const;
};

/// The innermost open call, and that among them which has lasted longer than `limit` since
/// `not_before` at the latest (nanoseconds); none = outside any call.
std::optional<OpenCall> innermost_call(const BreadcrumbPage& page);
std::optional<OpenCall> overdue_call(const BreadcrumbPage& page, std::int64_t limit,
                                     std::int64_t not_before);
/// The outermost call that was made last, open or not.
std::optional<OpenCall> last_call(const BreadcrumbPage& page);

}  // namespace clh::core
