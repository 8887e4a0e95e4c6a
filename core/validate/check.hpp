// Check: one promise of the plugin contract, and how a check says that it was not kept.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace clh::core {

enum class Verdict { kPassed, kWarning, kSkipped, kFailed, kCrashed, kTimedOut };

/// "passed", "warning", "skipped", "failed", "crashed", "timed-out".
const char* to_string(Verdict verdict);
/// Errors: std::invalid_argument for another word.
Verdict verdict_of(const std::string& word);
/// Whether a verdict is the plugin's fault.
bool is_failure(Verdict verdict);

/// What one check found.
struct CheckResult {
  std::string name;       // "behave.same-seed"
  std::string component;  // "model:er"; empty for a check of the whole file
  Verdict verdict = Verdict::kPassed;
  std::string expected;  // always the promise or the part of it that was broken
  std::string found;     // empty when there is nothing to say
  double seconds = 0.0;
};

/// Thrown by a check that found a broken promise.
struct CheckFailed {
  std::string expected, found;
};
/// Thrown by a check that cannot be made here, with the reason.
struct CheckSkipped {
  std::string reason;
};
/// Thrown by a check whose finding is worth a look and no fault.
struct CheckWarned {
  std::string expected, found;
};

/// Errors: CheckFailed unless `good`.
inline void expect(bool good, const std::string& expected, const std::string& found) {
  if (!good) {
    throw CheckFailed{expected, found};
  }
}

/// How the reason of a check begins that stands behind a closed gate.
inline constexpr const char* kNotTried = "not tried: ";

/// One check that is due. `run` returns what it found, or an empty text.
struct Check {
  std::string name, component;
  std::string promise;  // what is expected, when it passes as a whole
  bool gate = false;    // after its failure nothing that follows can be tried
  std::function<std::string()> run;

  /// "model:er behave.same-seed", what --include and --exclude look at.
  std::string label() const { return component.empty() ? name : component + " " + name; }
};

/// Runs one check. Returns: its result; exceptions of every kind become a verdict.
CheckResult run_check(const Check& check);

}  // namespace clh::core
