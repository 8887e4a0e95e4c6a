// CallRecord: which call of which plugin the host is in, on a page that outlives the process.
#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>

namespace clh::core {

/// Where the loop is; -1 = outside.
struct LoopPosition {
  std::int64_t task = -1, step = -1;

  /// ", task 3 step 120", as messages say it behind a call; empty outside.
  std::string text() const;
};

/// One call of a plugin's component; without a call, what all calls of the component have in
/// common. Bytes, no pointers; longer names are cut.
struct CallRecord {
  char plugin[80] = "";  // "org.clh.er 1.0.0"
  char component[48] = "";
  char call[32] = "";
  LoopPosition position;
  std::int64_t started = 0;  // call_clock()

  CallRecord() = default;
  CallRecord(const std::string& plugin_label, const std::string& component_name);

  /// "org.clh.er 1.0.0 in observe, task 3 step 120".
  std::string text() const;
};
static_assert(std::is_trivially_copyable_v<CallRecord>, "two processes share it");

/// What is shared between a supervised process and its supervisor: bytes, no pointers. The calls
/// are a stack, because a model calls the network, which is a plugin too.
struct CallRecordPage {
  static constexpr std::uint32_t kCalls = 16;

  std::atomic<std::uint32_t> depth;  // open calls; those beyond kCalls have no record
  std::atomic<std::uint32_t> ended;  // 1: the command is done, only exit handlers follow
  CallRecord calls[kCalls];
  char run_directory[4096];  // where the run keeps its results, empty = nowhere
};
static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "the page has no lock");

/// Nanoseconds of a clock that all processes share, in steps of some milliseconds.
std::int64_t call_clock();

/// What calls of one component need to be recorded far from its owner.
struct CallRecorder {
  CallRecordPage* page = nullptr;  // null = nobody watches
  CallRecord component;
  const LoopPosition* position = nullptr;  // borrowed, not null with a page
};

/// Keeps the record of a call for the length of a scope; nested calls restore the outer one.
/// Thread:  main.
class ScopedCallRecord final {
 public:
  /// Inputs:  page may be null (nobody watches); call is one word, as in messages.
  ScopedCallRecord(CallRecordPage* page, const CallRecord& component, const char* call,
                   const LoopPosition& position) noexcept
      : page_(page) {
    if (page_ != nullptr) {
      write(component, call, position);
    }
  }
  ScopedCallRecord(const CallRecorder& recorder, const char* call) noexcept : page_(recorder.page) {
    if (page_ != nullptr) {
      write(recorder.component, call, *recorder.position);
    }
  }
  ~ScopedCallRecord() {
    if (page_ != nullptr) {
      page_->depth.store(depth_, std::memory_order_release);
    }
  }
  ScopedCallRecord(const ScopedCallRecord&) = delete;
  ScopedCallRecord& operator=(const ScopedCallRecord&) = delete;

 private:
  void write(const CallRecord& component, const char* call, const LoopPosition& position) noexcept;

  CallRecordPage* page_;
  std::uint32_t depth_ = 0;  // before this call
};

/// Creates a page of this process. Returns: its descriptor, which a child may inherit.
/// Owner:   the caller, of both. Errors: std::system_error.
struct SharedPage {
  int descriptor;
  CallRecordPage* page;
};
SharedPage create_call_record_page();

/// Maps the page behind an inherited descriptor and closes it. Owner: the process, to its end.
/// Errors:  Error `usage` unless it is such a page.
CallRecordPage* open_call_record_page(int descriptor);

/// Says where the run keeps its results. Inputs: empty = nowhere.
void name_run_directory(CallRecordPage& page, const std::string& directory);

/// The innermost open call, and that among them which has lasted longer than `limit` since
/// `not_before` at the latest (nanoseconds); none = outside any call.
std::optional<CallRecord> innermost_call(const CallRecordPage& page);
std::optional<CallRecord> overdue_call(const CallRecordPage& page, std::int64_t limit,
                                       std::int64_t not_before);
/// The outermost call that was made last, open or not.
std::optional<CallRecord> last_call(const CallRecordPage& page);

}  // namespace clh::core
