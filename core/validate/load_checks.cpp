#include "core/validate/load_checks.hpp"

#include <clh/error.hpp>

#include <cstdio>

#include "core/plugins/plugin_library.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

/// Above this an author should look at what runs inside dlopen and the entry.
constexpr double kSlowLoadSeconds = 0.1;

std::string milliseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.0f ms", seconds * 1000);
  return text;
}

std::string check_opens(Subject& subject) {
  subject.loading();
  return "";
}

std::string check_time(Subject& subject) {
  const auto seconds = subject.loading().seconds;
  if (seconds > kSlowLoadSeconds) {
    throw CheckWarned{"a load within " + milliseconds(kSlowLoadSeconds), milliseconds(seconds)};
  }
  return milliseconds(seconds);
}

std::string check_twice(Subject& subject) {
  const auto& loading = subject.loading();
  auto error = empty_error();
  const auto* again = loading.entry(&load_time_host(), &error);
  expect(again == loading.table, "the same table at the second call of clh_plugin_entry",
         again == nullptr ? "none" : "another table");
  return "";
}

std::string check_silent(Subject& subject) {
  const auto& output = subject.loading().output;
  expect(output.empty(), "nothing on standard output and error (use the host's log)",
         '"' + printable(output) + '"');
  return "";
}

std::string check_unchanged(Subject& subject, const std::vector<std::string>& parts) {
  const auto& loading = subject.loading();
  const auto found = difference(loading.process_before, loading.process_after, parts);
  expect(found.empty(), "the process as it was before the load", found);
  return "";
}

std::string check_environment(Subject& subject) {
  return check_unchanged(subject, {"environment", "locale", "directory"});
}

std::string check_signals(Subject& subject) {
  return check_unchanged(subject, {"signals", "float-mode"});
}

std::string check_descriptors(Subject& subject) {
  return check_unchanged(subject, {"descriptors"});
}

std::string check_threads(Subject& subject) {
  const auto left = subject.loading().threads_left;
  expect(left == 0, "no thread started by the load", std::to_string(left));
  return "";
}

std::string check_torch(Subject& subject) {
  const auto& loading = subject.loading();
  const auto found = difference(loading.torch_before, loading.torch_after);
  expect(found.empty(), "LibTorch's settings as they were before the load", found);
  return "";
}

}  // namespace

std::vector<Check> load_checks(Subject& subject) {
  const auto check = [&](const char* name, const char* promise, std::string (*function)(Subject&),
                         bool gate = false) {
    return Check{name, "", promise, gate, [&subject, function] { return function(subject); }};
  };
  return {
      check("load.opens", "a table from clh_plugin_entry", check_opens, true),
      check("load.time", "a load within 100 ms", check_time),
      check("load.twice", "the same table at the second call", check_twice),
      check("load.silent", "nothing printed", check_silent),
      check("load.environment", "environment, locale and directory unchanged", check_environment),
      check("load.signals", "signal handlers and floating-point mode unchanged", check_signals),
      check("load.descriptors", "no file left open", check_descriptors),
      check("load.threads", "no thread started", check_threads),
      check("load.torch", "LibTorch's settings and default generator unchanged", check_torch),
  };
}

}  // namespace clh::core
