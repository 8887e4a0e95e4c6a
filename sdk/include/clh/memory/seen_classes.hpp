// SeenClasses: the outputs that had training samples so far, in the order of their appearance.
#pragma once
#include <clh/archive.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class SeenClasses {
 public:
  /// Notes a task's classes. Returns: those that are new with it.
  std::vector<std::int64_t> begin_task(const std::vector<std::int64_t>& classes) {
    before_ = all_;
    std::vector<std::int64_t> fresh;
    for (const auto c : classes) {
      if (!contains(c)) {
        all_.push_back(c);
        fresh.push_back(c);
      }
    }
    return fresh;
  }

  bool contains(std::int64_t output) const {
    return std::find(all_.begin(), all_.end(), output) != all_.end();
  }
  /// With the present task, and before it.
  const std::vector<std::int64_t>& all() const { return all_; }
  const std::vector<std::int64_t>& before() const { return before_; }
  std::int64_t count() const { return static_cast<std::int64_t>(all_.size()); }

  /// Errors: StatusError with CLH_E_STATE unless those before come first.
  void state(Archive& archive) {
    archive("all", all_)("before", before_);
    if (before_.size() > all_.size() || !std::equal(before_.begin(), before_.end(), all_.begin())) {
      throw StatusError(CLH_E_STATE, "classes: expected those of earlier tasks first, found others");
    }
  }

 private:
  std::vector<std::int64_t> all_, before_;
};

}  // namespace clh
