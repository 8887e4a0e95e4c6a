// CheckRun: which checks a file is due, and running them one after the other in this process.
#pragma once
#include <clh/abi.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/plugins/lock_file.hpp"
#include "core/plugins/search_path.hpp"
#include "core/validate/check.hpp"

namespace clh::core {

struct CheckOptions {
  std::string include, exclude;  // regular expressions on Check::label(); empty = all, none
  std::uint64_t seed = 0;        // of everything that a check draws
  SearchPlaces search;           // where components that the plugin asks for are found
  std::optional<LockFile> lock;  // with it, those that it holds and no others
};

/// What a run reports while it goes on.
class CheckObserver {
 public:
  virtual ~CheckObserver() = default;
  virtual void begins(std::size_t /*number*/, const Check&) {}
  virtual void ended(std::size_t /*number*/, const CheckResult&) {}
};

/// The checks of a file in their order, without running any: those that its note calls for and that
/// the options leave over. Errors: std::regex_error.
std::vector<Check> planned_checks(const std::filesystem::path& file, const CheckOptions& options);

/// Runs the planned checks from number `first` on, until the end or a gate that stays closed.
/// Standard output and error are captured meanwhile.
void run_checks(const std::filesystem::path& file, const CheckOptions& options, std::size_t first,
                CheckObserver& observer);

}  // namespace clh::core
