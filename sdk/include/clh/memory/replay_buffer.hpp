// ReplayBuffer: a bounded memory that every batch is offered to; which samples stay is a policy.
#pragma once
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/offered_samples.hpp>
#include <clh/memory/sample_store.hpp>
#include <clh/model.hpp>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

/// How often a sample counts that comes by in several epochs. kOnce: it is offered once and holds at
/// most one slot. kEveryTime: it is another sample each time, as in most published code, so that
/// copies of it fill the memory.
enum class Offers { kOnce, kEveryTime };

/// What a buffer is made from.
struct BufferSettings {
  std::int64_t capacity;
  Offers offers;
  RandomStream insert;  // decides what stays
  RandomStream sample;  // decides what is replayed
};

/// Base of the policies; each says which slot a sample takes.
class ReplayBuffer {
 public:
  /// Inputs: capacity >= 1.
  explicit ReplayBuffer(BufferSettings settings)
      : capacity_(settings.capacity),
        offers_(settings.offers),
        insert_(std::move(settings.insert)),
        sample_(std::move(settings.sample)) {}
  virtual ~ReplayBuffer() = default;
  ReplayBuffer(const ReplayBuffer&) = delete;
  ReplayBuffer& operator=(const ReplayBuffer&) = delete;

  bool empty() const { return store_.empty(); }
  std::int64_t capacity() const { return capacity_; }
  /// Samples held.
  std::int64_t size() const { return store_.size(); }

  /// Offers a batch, sample by sample in its order. One that was offered before keeps or lacks its
  /// place; what is stored beside it is replaced by the given with probability 1/k at its k-th
  /// offer, so that it is that of each of the k times with the same probability.
  /// Inputs:  raw, labels and ids of the batch; extra columns [B, ...].
  /// Returns: how many samples entered.
  /// Errors:  UsageError for rows unlike those held.
  /// Owner:   rows are copied.
  std::int64_t add(const Batch& batch, const std::vector<at::Tensor>& extra = {}) {
    const auto rows = store_.rows_of(batch.raw, batch.labels, extra);
    const auto ids = batch.ids.contiguous();
    std::int64_t entered = 0;
    for (std::int64_t row = 0; row < batch.size(); ++row) {
      const auto id = offers_ == Offers::kOnce ? ids.data_ptr<std::int64_t>()[row] : -1;
      if (!offered_.add(id)) {
        offer_again(id, rows, row);
        continue;
      }
      const auto slot = slot_for(rows.columns[1].data_ptr<std::int64_t>()[row]);
      if (slot >= 0) {
        put(slot, id, rows, row);
        ++entered;
      }
    }
    return entered;
  }

  /// Draws `count` samples uniformly without replacement.
  /// Inputs:  count >= 1, clamped to size().
  /// Errors:  UsageError if empty().
  /// Owner:   copies.
  Exemplars sample(std::int64_t count) {
    if (empty()) {
      throw UsageError("[buffer] expected at least one sample to draw from, found none");
    }
    return store_.select(draw_(sample_, size(), count));
  }
  /// The samples in these slots. Owner: copies.
  Exemplars select(const std::vector<std::int64_t>& slots) const { return store_.select(slots); }
  /// Everything held, in slot order. Owner: views of the memory.
  Exemplars all() const { return store_.all(); }

  /// For policies that choose when a task has ended: `extra` gives what is stored beside samples.
  using ExtraOf = std::vector<at::Tensor> (*)(const Model&, const TaskSamples&);
  virtual void end_task(const Model&, const Task&, ExtraOf) {}

  /// Errors: StatusError with CLH_E_STATE for a damaged record.
  void state(Archive& archive) {
    archive("samples", store_)("offered", offered_)("ids", ids_)("offers", counts_);
    archive.record("policy", [&] { policy_state(archive); });
    if (archive.loading()) {
      const auto held = static_cast<std::size_t>(size());
      if (ids_.size() != held || counts_.size() != held || size() > capacity_) {
        throw StatusError(CLH_E_STATE, "memory: expected at most " + std::to_string(capacity_) +
                                           " samples, each with its number, found others");
      }
      find_slots();
    }
  }

 protected:
  /// The slot that a sample of this class takes, at most size(); -1 = it does not enter.
  virtual std::int64_t slot_for(std::int64_t label) = 0;
  /// What the policy knows beyond the samples held.
  virtual void policy_state(Archive&) {}

  /// Errors: StatusError with CLH_E_STATE unless so many samples are held.
  void require_size(std::int64_t expected) const {
    if (size() != expected) {
      throw StatusError(CLH_E_STATE, "memory: expected " + std::to_string(expected) +
                                         " samples, found " + std::to_string(size()));
    }
  }
  RandomStream& insert_stream() { return insert_; }
  const SampleStore& store() const { return store_; }
  /// Leaves these slots, in this order.
  void keep(const std::vector<std::int64_t>& slots) {
    store_.keep(slots);
    std::vector<std::int64_t> ids, counts;
    for (const auto slot : slots) {
      ids.push_back(ids_[static_cast<std::size_t>(slot)]);
      counts.push_back(counts_[static_cast<std::size_t>(slot)]);
    }
    ids_ = std::move(ids);
    counts_ = std::move(counts);
    find_slots();
  }
  /// Puts samples behind those held.
  void append(const at::Tensor& raw, const at::Tensor& labels,
              const std::vector<at::Tensor>& extra) {
    const auto rows = store_.rows_of(raw, labels, extra);
    for (std::int64_t row = 0; row < labels.size(0); ++row) {
      put(size(), -1, rows, row);
    }
  }

 private:
  void put(std::int64_t slot, std::int64_t id, const SampleStore::Rows& rows, std::int64_t row) {
    const auto place = static_cast<std::size_t>(slot);
    if (place == ids_.size()) {
      ids_.push_back(id);
      counts_.push_back(1);
    } else {
      slots_.erase(ids_[place]);
      ids_[place] = id;
      counts_[place] = 1;
    }
    if (id >= 0) {
      slots_[id] = slot;
    }
    store_.put(slot, rows, row);
  }

  void offer_again(std::int64_t id, const SampleStore::Rows& rows, std::int64_t row) {
    const auto found = slots_.find(id);
    if (found == slots_.end() || rows.columns.size() <= 2) {
      return;
    }
    auto& count = counts_[static_cast<std::size_t>(found->second)];
    if (insert_.below(++count) == 0) {
      store_.put_extra(found->second, rows, row);
    }
  }

  void find_slots() {
    slots_.clear();
    for (std::size_t slot = 0; slot < ids_.size(); ++slot) {
      if (ids_[slot] >= 0) {
        slots_[ids_[slot]] = static_cast<std::int64_t>(slot);
      }
    }
  }

  std::int64_t capacity_;
  Offers offers_;
  RandomStream insert_, sample_;
  DistinctDraw draw_;
  SampleStore store_;
  OfferedSamples offered_;
  std::vector<std::int64_t> ids_, counts_;  // of each slot: the sample's id or -1; its offers
  std::unordered_map<std::int64_t, std::int64_t> slots_;  // of each id held
};

}  // namespace clh
