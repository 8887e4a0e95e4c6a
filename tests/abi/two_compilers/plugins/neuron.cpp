// Neuron: the node of tests/abi/pure_c/neuron.c for LibTorch, y_u = sigmoid(b_u + sum_j w_uj x_uj),
// with an autograd function of its own in the same order of operations: their numbers must be the
// same, bit for bit. Two compilers build it.
#include <clh/node.hpp>

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// What both directions read; all of it dense.
struct Wires {
  Wires(const at::Tensor& x, const at::Tensor& map, const at::Tensor& w, const at::Tensor& b)
      : batch(x.size(0)),
        inputs(x.size(1)),
        units(map.size(0)),
        fan_in(map.size(1)),
        in(x.data_ptr<float>()),
        weight(w.data_ptr<float>()),
        bias(b.data_ptr<float>()),
        pin(map.data_ptr<std::int32_t>()) {}

  float output(std::int64_t sample, std::int64_t unit) const {
    float sum = bias[unit];
    for (auto j = unit * fan_in; j < (unit + 1) * fan_in; ++j) {
      sum += weight[j] * in[sample * inputs + pin[j]];
    }
    return 1.0F / (1.0F + std::exp(-sum));
  }

  std::int64_t batch, inputs, units, fan_in;
  const float *in, *weight, *bias;
  const std::int32_t* pin;
};

struct Sigmoid : torch::autograd::Function<Sigmoid> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                            const at::Tensor& b, const at::Tensor& mapping) {
    const auto data = x.contiguous();
    const Wires wires(data, mapping, w, b);
    auto y = at::empty({wires.batch, wires.units});
    auto* out = y.data_ptr<float>();
    for (std::int64_t i = 0; i < wires.batch; ++i) {
      for (std::int64_t u = 0; u < wires.units; ++u) {
        *out++ = wires.output(i, u);
      }
    }
    ctx->save_for_backward({data, w, b, mapping});
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& y_grads) {
    const auto saved = ctx->get_saved_variables();
    const Wires wires(saved[0], saved[3], saved[1], saved[2]);
    const auto y_grad = y_grads[0].contiguous();
    auto x_grad = at::zeros_like(saved[0]), w_grad = at::zeros_like(saved[1]),
         b_grad = at::zeros_like(saved[2]);
    auto *gx = x_grad.data_ptr<float>(), *gw = w_grad.data_ptr<float>(),
         *gb = b_grad.data_ptr<float>();
    const auto* gy = y_grad.data_ptr<float>();
    for (std::int64_t i = 0; i < wires.batch; ++i, gx += wires.inputs) {
      for (std::int64_t u = 0; u < wires.units; ++u) {
        const float y = wires.output(i, u);
        const float delta = *gy++ * (y * (1.0F - y));
        gb[u] += delta;
        for (auto j = u * wires.fan_in; j < (u + 1) * wires.fan_in; ++j) {
          gw[j] += delta * wires.in[i * wires.inputs + wires.pin[j]];
          gx[wires.pin[j]] += delta * wires.weight[j];
        }
      }
    }
    return {x_grad, w_grad, b_grad, {}};
  }
};

class Neuron final : public clh::Node {
 public:
  explicit Neuron(const clh::NodeContext& context)
      : Node(context),
        w_(parameter("w", draw({units(), fan_in()}))),
        b_(parameter("b", draw({units()}))) {}

  using Node::forward;
  at::Tensor forward(const at::Tensor& x, const at::Tensor& mapping) override {
    return Sigmoid::apply(x, w_, b_, mapping.contiguous());
  }

 private:
  /// Uniform values in [-1, 1).
  at::Tensor draw(at::IntArrayRef sizes) const {
    auto values = at::empty(sizes);
    std::vector<std::uint64_t> words(static_cast<std::size_t>(values.numel()));
    rng("method").words(words.data(), values.numel());
    auto* value = values.data_ptr<float>();
    for (const auto word : words) {
      *value++ = static_cast<float>(word >> 40U) * 0x1.0p-23F - 1.0F;
    }
    return values;
  }

  at::Tensor w_, b_;  // [U, k], [U]
};

}  // namespace

CLH_PLUGIN(clh::node<Neuron>("neuron", "Sigmoid neuron for LibTorch"));
