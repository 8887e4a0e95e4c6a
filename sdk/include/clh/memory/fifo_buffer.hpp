// FifoBuffer: a bounded memory of the samples that came last.
#pragma once
#include <clh/memory/replay_buffer.hpp>

#include <algorithm>
#include <cstdint>

namespace clh __attribute__((visibility("hidden"))) {

/// First in, first out.
class FifoBuffer final : public ReplayBuffer {
 public:
  using ReplayBuffer::ReplayBuffer;

 private:
  std::int64_t slot_for(std::int64_t) override { return entered_++ % capacity(); }
  void policy_state(Archive& archive) override {
    archive("entered", entered_);
    require_size(std::min(entered_, capacity()));
  }

  std::int64_t entered_ = 0;
};

}  // namespace clh
