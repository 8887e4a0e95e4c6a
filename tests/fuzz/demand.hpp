// What every fuzzer demands of a reader: a value, or an error that a user can read.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/error.hpp"
#include "core/text/identifiers.hpp"

namespace clh::test {

/// Ends the process, so that the fuzzer keeps the input, unless `holds`.
inline void demand(bool holds, const char* expected, const std::string& found) {
  if (!holds) {
    std::fprintf(stderr, "expected %s, found %s\n", expected, found.c_str());
    std::abort();
  }
}

/// Whether a text has no byte that could steer a terminal or break a line.
inline bool is_harmless(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7F;
  });
}

/// An error as the host promises it: a kebab-case slug, both sides named, harmless text.
/// Inputs:  where begins its text.
inline void demand_readable(const core::Error& error, const std::string& where,
                            core::ExitCode exit_code) {
  const std::string text = error.what();
  demand(core::is_kebab_case(error.slug()), "a kebab-case slug", error.slug());
  demand(error.exit_code() == exit_code, "the reader's exit code",
         std::to_string(error.exit_code()));
  demand(text.compare(0, where.size(), where) == 0, "a text that begins with the file", text);
  demand(text.find("expected ") != std::string::npos && text.find(", found ") != std::string::npos,
         "a text with both sides", text);
  demand(is_harmless(text) && is_harmless(error.fix()), "one harmless line", text);
}

}  // namespace clh::test
