#include "core/validate/check_children.hpp"

#include <chrono>
#include <cstdint>
#include <utility>

#include "core/process/signal_name.hpp"
#include "core/validate/check_child.hpp"
#include "core/validate/check_report.hpp"
#include <sys/wait.h>

namespace clh::core {
namespace {

using Clock = CheckChild::Clock;

CheckResult result_for(const Check& check, Verdict verdict, const std::string& found) {
  CheckResult result;
  result.name = check.name;
  result.component = check.component;
  result.expected = check.promise;
  result.verdict = verdict;
  result.found = found;
  return result;
}

class ChildRun final {
 public:
  ChildRun(const std::vector<Check>& planned, const ChildOptions& options)
      : planned_(planned),
        command_(options.command),
        limit_(
            std::chrono::milliseconds(static_cast<std::int64_t>(options.timeout_seconds * 1000))) {}

  std::vector<CheckResult> run() {
    while (results_.size() < planned_.size()) {
      const auto before = results_.size();
      follow();
      if (results_.size() == before) {
        // A child that says nothing at all would be started for ever.
        stop(std::string(kNotTried) + "the child process ended before its first check");
      }
    }
    return std::move(results_);
  }

 private:
  /// Follows one child to its end.
  void follow() {
    CheckChild child(command_, results_.size());
    running_ = false;
    std::string text;
    for (;;) {
      switch (child.line(text, Clock::now() + limit_)) {
        case CheckChild::Read::kLine:
          if (!take(read_report_line(text, child.token()))) {
            child.kill();
            lost(Verdict::kCrashed, "wrote to cl-host's report pipe");
            return;
          }
          break;
        case CheckChild::Read::kTimeOut:
          child.kill();
          lost(Verdict::kTimedOut, "no return after " + seconds_text());
          return;
        case CheckChild::Read::kEnd:
          ended(child);
          return;
      }
    }
  }

  /// Returns: false for a line that the check which is due now cannot have.
  bool take(const std::optional<ReportLine>& line) {
    if (!line || results_.size() == planned_.size() || line->number != results_.size() ||
        line->result.has_value() != running_) {
      return false;
    }
    running_ = !running_;
    if (!line->result) {
      return true;
    }
    const auto& check = planned_[results_.size()];
    if (line->result->name != check.name || line->result->component != check.component) {
      return false;
    }
    add(*line->result);
    return true;
  }

  /// The pipe is closed: the child ends, or has died.
  void ended(CheckChild& child) {
    if (!child.ends_until(Clock::now() + limit_)) {
      child.kill();
      lost(Verdict::kTimedOut, "no end of the process after " + seconds_text());
      return;
    }
    const int status = child.finish();
    if (WIFSIGNALED(status)) {
      lost(Verdict::kCrashed, signal_name(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0 || running_) {
      lost(Verdict::kCrashed, "exit(" + std::to_string(WEXITSTATUS(status)) + ")");
    }
  }

  /// The child is gone: blames the check that ran, or the last one when all of them were done.
  void lost(Verdict verdict, const std::string& found) {
    if (results_.size() < planned_.size()) {
      add(result_for(planned_[results_.size()], verdict, found));
    } else if (!results_.empty() && !closed_ && !is_failure(results_.back().verdict)) {
      results_.back().verdict = verdict;
      results_.back().expected = "a clean end of the process";
      results_.back().found = found + " after the last check";
    }
  }

  void add(const CheckResult& result) {
    const bool gate = planned_[results_.size()].gate;
    results_.push_back(result);
    if (gate && is_failure(result.verdict)) {
      stop(kNotTried + result.name + " " + to_string(result.verdict));
    }
  }
  /// Gives what is left its result.
  void stop(const std::string& reason) {
    closed_ = true;
    while (results_.size() < planned_.size()) {
      results_.push_back(result_for(planned_[results_.size()], Verdict::kSkipped, reason));
    }
  }
  std::string seconds_text() const {
    const auto milliseconds = limit_.count();
    return milliseconds % 1000 == 0 ? std::to_string(milliseconds / 1000) + " s"
                                    : std::to_string(milliseconds) + " ms";
  }

  const std::vector<Check>& planned_;
  std::vector<std::string> command_;
  std::chrono::milliseconds limit_;
  bool running_ = false;  // a check has begun and not ended
  bool closed_ = false;   // a gate: what stands behind it is skipped
  std::vector<CheckResult> results_;
};

}  // namespace

std::vector<CheckResult> check_in_children(const std::filesystem::path& file,
                                           const std::vector<Check>& planned,
                                           const ChildOptions& options) {
  auto with_file = options;
  with_file.command.push_back(file.string());
  return ChildRun(planned, with_file).run();
}

}  // namespace clh::core
