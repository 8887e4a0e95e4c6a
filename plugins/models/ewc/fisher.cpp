#include "fisher.hpp"

#include <clh/parameters/linear_layers.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/multinomial.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

namespace ewc {
namespace {

/// Labels [n] whose log-likelihood is differentiated, and the squares' weights [n].
struct Term {
  at::Tensor labels, weights;
};

class Diagonal {
 public:
  Diagonal(const clh::Network& net, const clh::Optimizer& optimizer, const clh::Task& task,
           const FisherRequest& request, const clh::Rng& rng)
      : net_(net), optimizer_(optimizer), kind_(request.kind), rng_(rng) {
    const auto& info = net.info();
    sum_ = at::zeros({info.n_values});
    if (info.head == CLH_HEAD_MULTI || !request.active.empty()) {
      classes_ = request.active.empty() ? task.classes() : request.active;
      hidden_ = at::full({info.outputs}, -std::numeric_limits<float>::infinity());
      hidden_.index_fill_(0, at::tensor(classes_, at::kLong), 0);
    } else {
      classes_.resize(static_cast<std::size_t>(info.outputs));
      std::iota(classes_.begin(), classes_.end(), std::int64_t{0});
    }
  }

  /// Adds the squares of samples x [n, ...] with labels y [n].
  void add(const at::Tensor& x, const at::Tensor& y) {
    if (kind_ == Fisher::kBatched) {
      optimizer_.zero_grad();
      const auto log_p = log_softmax(net_.forward(x));
      log_p.gather(1, y.unsqueeze(1)).mean().backward();
      accumulate(1);
    } else if (closed_form_ && add_closed_form(x, y)) {
      return;
    } else {
      closed_form_ = false;
      for (std::int64_t i = 0; i < y.size(0); ++i) {
        add_one(x.narrow(0, i, 1), y.narrow(0, i, 1));
      }
    }
  }

  at::Tensor divided_by(double count) { return sum_.div_(count); }

 private:
  at::Tensor log_softmax(const at::Tensor& outputs) const {
    return (hidden_.defined() ? outputs + hidden_ : outputs).log_softmax(1);
  }

  std::vector<Term> terms(const at::Tensor& log_p, const at::Tensor& y) const {
    const auto p = log_p.detach().exp();
    const auto ones = at::ones(y.sizes(), p.options());
    switch (kind_) {
      case Fisher::kExact: {
        std::vector<Term> every;
        for (const auto k : classes_) {
          every.push_back({at::full_like(y, k), p.select(1, k)});
        }
        return every;
      }
      case Fisher::kSample:
        return {{at::multinomial(p, 1, true, rng_.torch()).squeeze(1), ones}};
      case Fisher::kPredicted:
        return {{p.argmax(1), ones}};
      case Fisher::kConfidence:
        return {{y, p.gather(1, y.unsqueeze(1)).squeeze(1)}};
      default:
        return {{y, ones}};
    }
  }

  /// False, and nothing added, when linear layers do not hold all parameters.
  bool add_closed_form(const at::Tensor& x, const at::Tensor& y) {
    const auto layers = clh::linear_layers(net_, x, !checked_);
    if (layers.empty()) {
      return false;
    }
    checked_ = true;
    std::vector<at::Tensor> z, squares;
    for (const auto& layer : layers) {
      z.push_back(layer.output);
      squares.push_back(at::zeros_like(layer.output));
    }
    const auto log_p = log_softmax(clh::outputs_of(layers));
    const auto every = terms(log_p, y);
    for (std::size_t t = 0; t < every.size(); ++t) {
      const auto chosen = log_p.gather(1, every[t].labels.unsqueeze(1)).sum();
      const auto deltas = torch::autograd::grad({chosen}, z, {}, t + 1 < every.size(),
                                                /*create_graph=*/false, /*allow_unused=*/true);
      for (std::size_t l = 0; l < z.size(); ++l) {
        if (!deltas[l].defined()) {  // its layer does not lead to the outputs
          return false;
        }
        squares[l].addcmul_(deltas[l], deltas[l] * every[t].weights.unsqueeze(1));
      }
    }
    const at::NoGradGuard no_grad;
    for (std::size_t l = 0; l < layers.size(); ++l) {
      layers[l].slice_weight(sum_).addmm_(squares[l].t(), layers[l].input.square());
      if (layers[l].bias != nullptr) {
        layers[l].slice_bias(sum_).add_(squares[l].sum(0));
      }
    }
    return true;
  }

  /// x [1, ...], y [1].
  void add_one(const at::Tensor& x, const at::Tensor& y) {
    const auto log_p = log_softmax(net_.forward(x));
    const auto every = terms(log_p, y);
    for (std::size_t t = 0; t < every.size(); ++t) {
      optimizer_.zero_grad();
      log_p.gather(1, every[t].labels.unsqueeze(1))
          .sum()
          .backward({}, /*retain_graph=*/t + 1 < every.size());
      accumulate(every[t].weights.item<double>());
    }
  }

  void accumulate(double weight) {
    const auto gradient = net_.grads();
    sum_.addcmul_(gradient, gradient, weight);
  }

  const clh::Network& net_;
  const clh::Optimizer& optimizer_;
  Fisher kind_;
  const clh::Rng& rng_;
  std::vector<std::int64_t> classes_;  // that the softmax covers
  at::Tensor hidden_;                  // [C] 0 or -inf; undefined when it covers all
  bool closed_form_ = true, checked_ = false;
  at::Tensor sum_;  // [P]
};

std::vector<std::int64_t> choose(std::int64_t size, std::int64_t samples, const clh::Rng& rng) {
  std::vector<std::int64_t> positions;
  if (samples > 0 && samples < size) {
    positions = clh::Rng(rng).permutation(size);
    positions.resize(static_cast<std::size_t>(samples));
  } else {
    positions.resize(static_cast<std::size_t>(size));
    std::iota(positions.begin(), positions.end(), std::int64_t{0});
  }
  return positions;
}

}  // namespace

at::Tensor fisher_diagonal(const clh::HostServices& host, const clh::Network& net,
                           const clh::Optimizer& optimizer, const clh::Task& task,
                           const FisherRequest& request, const clh::Rng& rng) {
  constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result
  const auto positions = choose(task.size(), request.samples, rng);
  const auto count = static_cast<std::int64_t>(positions.size());
  const auto batches = (count + request.batch_size - 1) / request.batch_size;
  const auto piece = request.kind == Fisher::kBatched ? request.batch_size : kPiece;

  net.set_training(false);
  Diagonal diagonal(net, optimizer, task, request, rng);
  for (std::int64_t begin = 0; begin < count; begin += piece) {
    host.check_stop();
    const auto end = std::min(begin + piece, count);
    const auto read = task.read({positions.begin() + begin, positions.begin() + end});
    diagonal.add(read.inputs, read.labels);
  }
  optimizer.zero_grad();
  net.set_training(true);

  switch (request.kind) {
    case Fisher::kBatched:
      return diagonal.divided_by(static_cast<double>(batches));
    case Fisher::kConfidence:
      return diagonal.divided_by(static_cast<double>(batches * request.batch_size));
    default:
      return diagonal.divided_by(static_cast<double>(count));
  }
}

}  // namespace ewc
