#include "core/report/unwritable.hpp"

#include <cerrno>
#include <system_error>

#include "core/error.hpp"

namespace clh::core {

void throw_unwritable(const std::filesystem::path& path, const std::string& expected,
                      int error_number) {
  const bool full = error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG;
  throw Error("unwritable",
              path.string() + ": expected " + expected + ", found " +
                  std::generic_category().message(error_number),
              full ? "free some space, or choose another place with run.dir=<directory>"
                   : "choose a directory that you may write to with run.dir=<directory>",
              kExitUsage);
}

}  // namespace clh::core
