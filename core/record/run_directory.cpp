#include "core/record/run_directory.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "core/files/unwritable.hpp"
#include <sys/stat.h>

namespace clh::core {
namespace {

std::string utc_time(std::chrono::system_clock::time_point now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const auto length = std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
  return std::string(text, length);
}

void check_plain_name(const std::string& name) {
  const bool plain = !name.empty() && name != "." && name != ".." &&
                     name.find('/') == std::string::npos && name.find('\0') == std::string::npos;
  if (!plain) {
    throw Error("bad-option", "[run] name: expected a plain folder name, found \"" + name + "\"",
                "use letters, digits, '-' and '_'", kExitUsage);
  }
}

}  // namespace

RunDirectory::RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

RunDirectory RunDirectory::create(const std::filesystem::path& root, const std::string& name,
                                  std::uint64_t seed, std::chrono::system_clock::time_point now) {
  check_plain_name(name);
  const auto parent = root / name;
  std::error_code failure;
  std::filesystem::create_directories(parent, failure);
  if (failure) {
    throw_unwritable(parent, "a directory that can be created", failure.value());
  }
  const auto stem = utc_time(now) + "-" + std::to_string(seed);
  for (int attempt = 1;; ++attempt) {
    const auto path = parent / (attempt == 1 ? stem : stem + "-" + std::to_string(attempt));
    // mkdir alone tells apart "made by us" from "made by another process just now".
    if (::mkdir(path.c_str(), 0777) == 0) {
      return RunDirectory(path);
    }
    if (errno != EEXIST) {
      throw_unwritable(path, "a directory that can be created", errno);
    }
  }
}

}  // namespace clh::core
