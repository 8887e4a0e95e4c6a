// ClassRingBuffer: a bounded memory of the last samples of each class.
#pragma once
#include <clh/memory/replay_buffer.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// As many first-in-first-out buffers of one size as there are classes. The size is capacity over
/// the classes seen so far, so that memory is used while classes are still to come; when one comes,
/// the oldest samples of the others leave.
/// Source: Chaudhry et al. 2019, arXiv:1902.10486, section 4, "ring buffer". Differs from it: there
/// the number of classes is known from the start.
class ClassRingBuffer final : public ReplayBuffer {
 public:
  using ReplayBuffer::ReplayBuffer;

  /// Samples held of a class.
  std::int64_t count(std::int64_t label) const {
    const auto found = rings_.find(label);
    return found == rings_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
  }

 private:
  /// Errors: UsageError for more classes than the capacity.
  std::int64_t slot_for(std::int64_t label) override {
    const bool is_new = rings_.count(label) == 0;
    auto& ring = rings_[label];
    const auto classes = static_cast<std::int64_t>(rings_.size());
    if (classes > capacity()) {
      throw UsageError("[buffer] expected a capacity of at least one sample for each class, found " +
                       std::to_string(capacity()) + " for " + std::to_string(classes));
    }
    const auto quota = static_cast<std::size_t>(capacity() / classes);
    if (is_new) {
      shorten(quota);
    }
    if (ring.size() < quota) {
      ring.push_back(size());
    } else {
      std::rotate(ring.begin(), ring.begin() + 1, ring.end());  // the oldest becomes the youngest
    }
    return ring.back();
  }

  /// Lets the oldest of each ring go and closes the gaps.
  void shorten(std::size_t quota) {
    std::vector<std::int64_t> kept;
    for (auto& [label, ring] : rings_) {
      if (ring.size() > quota) {
        ring.erase(ring.begin(), ring.end() - static_cast<std::ptrdiff_t>(quota));
      }
      kept.insert(kept.end(), ring.begin(), ring.end());
    }
    if (static_cast<std::int64_t>(kept.size()) == size()) {
      return;
    }
    keep(kept);
    std::int64_t slot = 0;
    for (auto& [label, ring] : rings_) {
      for (auto& place : ring) {
        place = slot++;
      }
    }
  }

  /// Errors: StatusError with CLH_E_STATE unless every slot lies in the ring of its class.
  void policy_state(Archive& archive) override {
    std::vector<std::int64_t> slots;  // ring by ring, the oldest first
    for (const auto& [label, ring] : rings_) {
      slots.insert(slots.end(), ring.begin(), ring.end());
    }
    archive("slots", slots);
    if (archive.loading()) {
      auto sorted = slots;
      std::sort(sorted.begin(), sorted.end());
      rings_.clear();
      for (std::size_t i = 0; i < sorted.size(); ++i) {
        if (sorted.size() != static_cast<std::size_t>(size()) ||
            sorted[i] != static_cast<std::int64_t>(i)) {
          throw StatusError(CLH_E_STATE, "buffer: expected each slot in one ring, found others");
        }
        rings_[store().label(slots[i])].push_back(slots[i]);
      }
    }
  }

  std::map<std::int64_t, std::vector<std::int64_t>> rings_;  // slots of each class, oldest first
};

}  // namespace clh
