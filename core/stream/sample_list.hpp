// SampleList: sample indices that tasks may share, so that a thousand tasks over one dataset hold
// them once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace clh::core {

/// Never changes; a copy shares. Reads like a vector.
class SampleList {
 public:
  SampleList() : SampleList(std::vector<std::int64_t>{}) {}
  SampleList(std::vector<std::int64_t> indices);  // NOLINT: a list is what a vector holds
  SampleList(std::initializer_list<std::int64_t> indices)
      : SampleList(std::vector<std::int64_t>(indices)) {}

  std::size_t size() const { return kept_->indices.size(); }
  bool empty() const { return kept_->indices.empty(); }
  std::int64_t operator[](std::size_t i) const { return kept_->indices[i]; }
  auto begin() const { return kept_->indices.begin(); }
  auto end() const { return kept_->indices.end(); }
  const std::int64_t* data() const { return kept_->indices.data(); }
  const std::vector<std::int64_t>& indices() const { return kept_->indices; }
  /// SHA-256 of the numbers, 64 lower-case hex digits; each number is 8 bytes, little-endian.
  const std::string& hash() const { return kept_->hash; }

  friend bool operator==(const SampleList& a, const SampleList& b) {
    return a.kept_ == b.kept_ || a.kept_->indices == b.kept_->indices;
  }
  friend bool operator!=(const SampleList& a, const SampleList& b) { return !(a == b); }

 private:
  struct Kept {
    std::vector<std::int64_t> indices;
    std::string hash;
  };
  std::shared_ptr<const Kept> kept_;
};

}  // namespace clh::core
