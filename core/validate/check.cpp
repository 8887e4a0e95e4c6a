#include "core/validate/check.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <stdexcept>

#include "core/error.hpp"

namespace clh::core {
namespace {

constexpr std::array<const char*, 6> kWords = {"passed", "warning", "skipped",
                                               "failed", "crashed", "timed-out"};

/// Text on one line, as the report and the pipe need it.
std::string one_line(std::string text) {
  for (char& c : text) {
    c = c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  return text;
}

/// "<where>: expected <X>, found <Y>", the form of every message of the host, or any other text.
void split_message(const std::string& text, CheckResult& result) {
  const auto start = text.find("expected "), found = text.find(", found ");
  if (start == std::string::npos || found == std::string::npos || found < start) {
    result.found = text;
    return;
  }
  result.expected = text.substr(start + 9, found - start - 9);
  result.found = text.substr(found + 8);
  if (start > 2) {
    result.found += " (" + text.substr(0, start - (text[start - 2] == ':' ? 2 : 1)) + ")";
  }
}

void judge(const Check& check, CheckResult& result) {
  try {
    result.found = check.run();
    return;
  } catch (const CheckFailed& e) {
    result.verdict = Verdict::kFailed;
    result.expected = e.expected;
    result.found = e.found;
  } catch (const CheckSkipped& e) {
    result.verdict = Verdict::kSkipped;
    result.found = e.reason;
  } catch (const CheckWarned& e) {
    result.verdict = Verdict::kWarning;
    result.expected = e.expected;
    result.found = e.found;
  } catch (const std::exception& e) {
    result.verdict = Verdict::kFailed;
    split_message(e.what(), result);
  } catch (...) {
    result.verdict = Verdict::kFailed;
    result.found = "an exception of a foreign type";
  }
}

}  // namespace

const char* to_string(Verdict verdict) {
  return kWords.at(static_cast<std::size_t>(verdict));
}

Verdict verdict_of(const std::string& word) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (word == kWords[i]) {
      return static_cast<Verdict>(i);
    }
  }
  throw std::invalid_argument("no verdict is called " + word);
}

bool is_failure(Verdict verdict) {
  return verdict >= Verdict::kFailed;
}

CheckResult run_check(const Check& check) {
  CheckResult result;
  result.name = check.name;
  result.component = check.component;
  result.expected = check.promise;
  const auto start = std::chrono::steady_clock::now();
  judge(check, result);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  result.expected = one_line(result.expected);
  result.found = one_line(result.found);
  return result;
}

}  // namespace clh::core
