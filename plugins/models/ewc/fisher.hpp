// The diagonal of the Fisher information of a network's softmax outputs.
#pragma once
#include <clh/model.hpp>

#include <vector>

namespace ewc {

/// Whose log-likelihood is differentiated for a sample x, and how the squares are averaged.
enum class Fisher {
  kExact,       // every class k, weighed by p(k|x): the definition
  kSample,      // one draw from p(.|x): unbiased for kExact
  kEmpirical,   // the true label
  kPredicted,   // argmax p(.|x)
  kBatched,     // the true labels' mean gradient over a batch, squared: no per-sample squares
  kConfidence,  // the true label y, weighed by p(y|x); divided by whole batches, not by samples
};

struct FisherRequest {
  Fisher kind = Fisher::kExact;
  std::int64_t samples = 0;            // 0 = all of the task, else that many at random
  std::int64_t batch_size = 1;         // of the stream; used by kBatched and kConfidence alone
  std::vector<std::int64_t> active{};  // outputs that the softmax covers; empty = all
};

/// Computes the diagonal in eval mode over the task's plain (not augmented) training data.
/// Inputs:  the softmax covers the active outputs, with a multi-head those of the task's block.
/// Returns: [P] float32, >= 0, in the order of net.values().
/// Errors:  UsageError in online streams; Stopped when the run is being ended.
/// Owner:   a new tensor; the gradient vector is left at zero, the network in training mode.
/// Source:  Martens 2020, arXiv:1412.1193, section 5, for the definition. Squares of per-sample
/// gradients
///          of z = W a + b come in closed form from d = dl/dz, as (d*d)^T (a*a) summed over
///          samples. It is used when such layers, checked on the data, hold all parameters;
///          otherwise one sample at a time is differentiated.
at::Tensor fisher_diagonal(const clh::HostServices& host, const clh::Network& net,
                           const clh::Optimizer& optimizer, const clh::Task& task,
                           const FisherRequest& request, const clh::Rng& rng);

}  // namespace ewc
