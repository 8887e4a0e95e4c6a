// ExemplarMemory: what experience replay keeps, under one of the field's selection policies.
#pragma once
#include <clh/model.hpp>

#include <memory>

namespace er {

enum class Policy {
  kReservoir,      // a uniform sample of all that was seen: Vitter 1985, Algorithm R
  kClassBalanced,  // greedily as many of each class: Prabhu et al. 2020, GDumb, Algorithm 1
  kRing,           // the last ones of each class: Chaudhry et al. 2019, arXiv:1902.10486, section 4
  kHerding,        // at a task's end, class means kept: Rebuffi et al. 2017, arXiv:1611.07725
  kClosest,        // at a task's end, the nearest to the class mean of the features
};

class ExemplarMemory {
 public:
  struct Draw {
    at::Tensor raw, labels;  // [n, ...] in the dataset's dtype, [n]
  };

  virtual ~ExemplarMemory() = default;
  virtual bool empty() const = 0;
  /// Draws uniformly without replacement, at most what is held. Owner: copies.
  virtual Draw sample(std::int64_t count) = 0;
  /// Offers a batch after its step.
  virtual void add(const clh::Batch&) {}
  /// Offers the finished task, of which the network knows the features by now.
  virtual void end_task(const clh::HostServices&, const clh::Network&, const clh::Task&) {}
  virtual void state(clh::Archive&) = 0;
};

/// Inputs:  capacity >= 1; `insert` decides what stays, `sample` what is replayed; classes: outputs
///          of the whole head, or of its first block when it grows.
/// Errors:  UsageError for a policy that treats classes alike and a capacity below one for each,
///          and for one that waits for a task's end in a stream that tells of none.
std::unique_ptr<ExemplarMemory> make_memory(Policy policy, std::int64_t capacity,
                                            clh::Scenario scenario, std::int64_t classes,
                                            clh::WordStream insert, clh::WordStream sample);

}  // namespace er
