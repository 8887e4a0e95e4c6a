// ReservoirBuffer: a bounded memory that is a uniform sample of everything seen so far.
#pragma once
#include <clh/memory/replay_buffer.hpp>

#include <algorithm>
#include <cstdint>

namespace clh __attribute__((visibility("hidden"))) {

/// Source: Vitter 1985, Algorithm R, doi:10.1145/3147.3165.
class ReservoirBuffer final : public ReplayBuffer {
 public:
  using ReplayBuffer::ReplayBuffer;
  /// Samples offered so far, each once under Offers::kOnce.
  std::int64_t seen() const { return seen_; }

 private:
  std::int64_t slot_for(std::int64_t) override {
    const auto offered = seen_++;
    if (offered < capacity()) {
      return offered;
    }
    const auto slot = insert_stream().below(offered + 1);
    return slot < capacity() ? slot : -1;
  }
  void policy_state(Archive& archive) override {
    archive("seen", seen_);
    require_size(std::min(seen_, capacity()));
  }

  std::int64_t seen_ = 0;
};

}  // namespace clh
