#include "core/files/unwritable.hpp"

#include <cerrno>
#include <system_error>

#include "core/error.hpp"

namespace clh::core {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& expected,
                         const std::string& found, const std::string& fix) {
  throw Error("unwritable", path.string() + ": expected " + expected + ", found " + found, fix,
              kExitUsage);
}

}  // namespace

void throw_unwritable(const std::filesystem::path& path, const std::string& expected,
                      int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  refuse(path, expected, std::generic_category().message(error_number),
         full ? "free some space, or choose another place with run.dir=<directory>"
              : "choose a directory that you may write to with run.dir=<directory>");
}

void throw_unwritable(const std::filesystem::path& path, const std::string& expected,
                      const std::string& found) {
  refuse(path, expected, found, "remove it, or choose another place with run.dir=<directory>");
}

}  // namespace clh::core
