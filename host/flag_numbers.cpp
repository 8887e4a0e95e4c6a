#include "host/flag_numbers.hpp"

#include <charconv>
#include <optional>
#include <sstream>

#include "core/error.hpp"

namespace clh::host {

namespace po = boost::program_options;
namespace {

constexpr std::uint64_t kMostSeconds = 1000000;

/// Returns: nothing unless the whole text is a number; "-1" is none without a sign.
template <class Number>
std::optional<Number> read(const std::string& text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end ? std::optional<Number>(number) : std::nullopt;
}

[[noreturn]] void refuse_number(const std::string& command, const std::string& expected,
                                const std::string& flag, const std::string& found) {
  throw core::Error(
      "usage", command + ": expected " + expected + " after --" + flag + ", found \"" + found + '"',
      "cl-host " + command + " --help", core::kExitUsage);
}

}  // namespace

std::uint64_t whole_number(const po::variables_map& given, const std::string& command,
                           const std::string& flag, WholeRange range) {
  const auto text = given[flag].as<std::string>();
  const auto number = read<std::uint64_t>(text);
  if (!number || *number < range.least || *number > range.most) {
    refuse_number(
        command,
        "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most),
        flag, text);
  }
  return *number;
}

double seconds(const po::variables_map& given, const std::string& command, const std::string& flag,
               double least) {
  const auto text = given[flag].as<std::string>();
  const auto number = read<double>(text);
  if (!number || !(*number >= least && *number <= static_cast<double>(kMostSeconds))) {
    std::ostringstream expected;
    expected << "seconds from " << least << " to " << kMostSeconds;
    refuse_number(command, expected.str(), flag, text);
  }
  return *number;
}

}  // namespace clh::host
