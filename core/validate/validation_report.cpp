#include "core/validate/validation_report.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "core/text/identifiers.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {
namespace {

constexpr std::array<Verdict, 6> kVerdicts = {Verdict::kPassed,  Verdict::kWarning,
                                              Verdict::kSkipped, Verdict::kFailed,
                                              Verdict::kCrashed, Verdict::kTimedOut};

std::size_t count(const FileValidation& validation, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(validation.results.begin(), validation.results.end(),
                    [verdict](const CheckResult& result) { return result.verdict == verdict; }));
}

/// "Passed", "Crashed (SIGSEGV)", "Timed out": the words an author looks for.
std::string heading(const CheckResult& result) {
  switch (result.verdict) {
    case Verdict::kPassed:
      return "passed";
    case Verdict::kWarning:
      return "WARNING";
    case Verdict::kSkipped:
      return "skipped";
    case Verdict::kFailed:
      return "FAILED";
    case Verdict::kCrashed:
      return "Crashed (" + result.found + ")";
    case Verdict::kTimedOut:
      return "Timed out";
  }
  return "";
}

std::string padded(const std::string& text, std::size_t width) {
  return text.size() < width ? text + std::string(width - text.size(), ' ') : text;
}

/// Every byte that could steer a terminal becomes '?'.
std::string visible(std::string text) {
  for (char& c : text) {
    c = static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  }
  return text;
}

}  // namespace

bool FileValidation::passed() const {
  return std::none_of(results.begin(), results.end(),
                      [](const CheckResult& result) { return is_failure(result.verdict); });
}

std::string validation_text(const FileValidation& validation, const ReportStyle& style) {
  std::size_t widest = 0;
  for (const auto& result : validation.results) {
    widest = std::max(widest, result.name.size());
  }
  std::ostringstream text;
  text << validation.file.string();
  if (!validation.plugin.empty()) {
    text << "  (" << validation.plugin << ")";
  }
  text << "\n";
  std::string component;
  std::size_t untried = 0;
  std::set<std::string> reasons;
  for (const auto& result : validation.results) {
    if (result.verdict == Verdict::kSkipped && result.found.rfind(kNotTried, 0) == 0) {
      ++untried;  // one line for all of them
      continue;
    }
    if (result.component != component) {
      component = result.component;
      text << "  " << (component.empty() ? "process" : component) << "\n";
    }
    const bool quiet = result.verdict == Verdict::kPassed;
    if (quiet && !style.all) {
      continue;
    }
    const std::string indent = "    ";
    text << indent << padded(result.name, widest) << "  " << heading(result);
    if (result.verdict == Verdict::kSkipped || quiet) {
      // A reason that several checks share, as a rule a missing file, is told once.
      const bool told = !quiet && !reasons.insert(result.found).second;
      text << (result.found.empty() ? ""
               : told               ? ": as above"
                                    : ": " + visible(result.found))
           << "\n";
      continue;
    }
    text << "\n" << indent << indent << "expected " << visible(result.expected) << "\n";
    if (result.verdict != Verdict::kCrashed && !result.found.empty()) {
      text << indent << indent << "found    " << visible(result.found) << "\n";
    }
  }
  if (untried > 0) {
    text << "    " << untried << (untried == 1 ? " check" : " checks") << " "
         << validation.results.back().found << "\n";
  }
  text << "  ";
  bool first = true;
  for (const auto verdict : kVerdicts) {
    const auto number = count(validation, verdict);
    if (number > 0 || verdict == Verdict::kPassed) {
      text << (first ? "" : ", ") << number << " " << to_string(verdict);
      first = false;
    }
  }
  text << "\n";
  return text.str();
}

nlohmann::ordered_json validation_json(const std::vector<FileValidation>& validations) {
  nlohmann::ordered_json document;
  document["schema"] = "cl-host.validate/1";
  document["passed"] = std::all_of(validations.begin(), validations.end(),
                                   [](const FileValidation& v) { return v.passed(); });
  document["files"] = nlohmann::ordered_json::array();
  for (const auto& validation : validations) {
    nlohmann::ordered_json file;
    file["file"] = validation.file.string();
    file["plugin"] = validation.plugin;
    file["passed"] = validation.passed();
    for (const auto verdict : kVerdicts) {
      file["counts"][to_string(verdict)] = count(validation, verdict);
    }
    file["checks"] = nlohmann::ordered_json::array();
    for (const auto& result : validation.results) {
      file["checks"].push_back({{"name", result.name},
                                {"component", result.component},
                                {"verdict", to_string(result.verdict)},
                                {"expected", result.expected},
                                {"found", result.found},
                                {"seconds", result.seconds}});
    }
    document["files"].push_back(std::move(file));
  }
  return document;
}

}  // namespace clh::core
