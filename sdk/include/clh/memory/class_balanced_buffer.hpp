// ClassBalancedBuffer: a bounded memory with as many samples of one class as of another.
#pragma once
#include <clh/memory/replay_buffer.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// The greedy sampler: a sample enters if its class is new or holds less than capacity / classes
/// seen; in a full memory a uniformly drawn sample of the largest class (the lowest label of several)
/// leaves for it. Source: Prabhu, Torr, Dokania, "GDumb", ECCV 2020, Algorithm 1.
class ClassBalancedBuffer final : public ReplayBuffer {
 public:
  using ReplayBuffer::ReplayBuffer;
  /// Samples held of each class seen.
  const std::map<std::int64_t, std::int64_t>& counts() const { return counts_; }

 private:
  std::int64_t slot_for(std::int64_t label) override {
    const bool is_new = counts_.count(label) == 0;
    const auto seen = static_cast<std::int64_t>(counts_.size()) + (is_new ? 1 : 0);
    if (!is_new && counts_[label] >= capacity() / seen) {
      return -1;
    }
    if (size() < capacity()) {
      ++counts_[label];
      return size();
    }
    const auto largest =
        std::max_element(counts_.begin(), counts_.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    auto leaving = insert_stream().below(largest->second);  // the leaving-th of its class
    std::int64_t slot = 0;
    while (store().label(slot) != largest->first || leaving-- > 0) {
      ++slot;
    }
    --largest->second;
    ++counts_[label];
    return slot;
  }

  void policy_state(Archive& archive) override {
    std::vector<std::int64_t> seen;
    for (const auto& [label, count] : counts_) {
      seen.push_back(label);
    }
    archive("seen", seen);
    if (archive.loading()) {
      counts_.clear();
      for (const auto label : seen) {
        counts_[label] = 0;
      }
      for (std::int64_t slot = 0; slot < size(); ++slot) {
        ++counts_[store().label(slot)];
      }
    }
  }

  std::map<std::int64_t, std::int64_t> counts_;  // of each class seen
};

}  // namespace clh
