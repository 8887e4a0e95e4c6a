#include "core/validate/check_run.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <regex>

#include "core/error.hpp"
#include "core/machine/environment.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/load_checks.hpp"
#include "core/validate/static_checks.hpp"
#include "core/validate/subject.hpp"
#include "core/validate/table_checks.hpp"
#include "core/validate/workshop.hpp"

namespace clh::core {
namespace {

/// The checks of a file with all that they work on.
struct Plan {
  Plan(const std::filesystem::path& file, const CheckOptions& options, CapturedOutput* output)
      : subject(file, host_fingerprint(), host_torch_layout(), output),
        workshop(subject, options.search, options.lock, options.seed) {
    for (auto* group : {static_checks, load_checks, table_checks}) {
      auto more = group(subject);
      std::move(more.begin(), more.end(), std::back_inserter(checks));
    }
    for (const auto& component : provided()) {
      auto more = component_checks(workshop, component);
      std::move(more.begin(), more.end(), std::back_inserter(checks));
    }
    if (!checks.empty() && !checks.back().component.empty()) {
      // The process that ran the checks ends behind it; check_in_children watches how.
      checks.push_back(
          {"life.exit", "", "a clean end of the process", false, [] { return std::string(); }});
    }
    select(options);
  }

  Subject subject;
  Workshop workshop;
  std::vector<Check> checks;

 private:
  /// What the note announces; nothing when it cannot be read, which static.note reports.
  std::vector<ProvidedComponent> provided() {
    try {
      return subject.note().provides;
    } catch (const Error&) {
      return {};
    }
  }
  /// Gates stay: what they guard cannot be tried without them.
  void select(const CheckOptions& options) {
    std::optional<std::regex> include, exclude;
    if (!options.include.empty()) {
      include.emplace(options.include);
    }
    if (!options.exclude.empty()) {
      exclude.emplace(options.exclude);
    }
    std::vector<Check> left;
    for (auto& check : checks) {
      const auto label = check.label();
      const bool wanted = (!include || std::regex_search(label, *include)) &&
                          (!exclude || !std::regex_search(label, *exclude));
      if (wanted || check.gate) {
        left.push_back(std::move(check));
      }
    }
    checks = std::move(left);
  }
};

}  // namespace

std::vector<Check> planned_checks(const std::filesystem::path& file, const CheckOptions& options) {
  auto checks = Plan(file, options, nullptr).checks;
  for (auto& check : checks) {
    check.run = nullptr;  // it would outlive what it works on
  }
  return checks;
}

void run_checks(const std::filesystem::path& file, const CheckOptions& options, std::size_t first,
                CheckObserver& observer) {
  CapturedOutput output;
  Plan plan(file, options, &output);
  for (std::size_t i = first; i < plan.checks.size(); ++i) {
    const auto& check = plan.checks[i];
    observer.begins(i, check);
    const auto result = run_check(check);
    observer.ended(i, result);
    if (check.gate && is_failure(result.verdict)) {
      return;
    }
  }
}

}  // namespace clh::core
