#include "core/lut/lut_function.hpp"

#include <clh/tensor.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/empty_strided.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

#include "core/lut/kernel_portable.hpp"

namespace clh::core {
namespace {
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

template <class Found>
void expect(bool holds, const char* expected, const Found& found) {
  if (!holds) {
    std::ostringstream text;
    text << "[clh.lut/1] expected " << expected << ", found " << found;
    throw UsageError(text.str());
  }
}

void expect_matrix(const at::Tensor& t, at::ScalarType type, const char* expected) {
  expect(t.defined(), expected, "an undefined tensor");
  expect(t.device().is_cpu() && t.layout() == at::kStrided, expected, t.toString());
  expect(t.scalar_type() == type, expected, t.toString());
  expect(t.dim() == 2, expected, t.sizes());
}

void check_wiring(const LutInputs& in) {
  expect_matrix(in.mapping, at::kInt, "mapping [U, k] int32 on the CPU");
  const auto units = in.mapping.size(0), pins = in.mapping.size(1);
  expect(pins >= 1 && pins <= kMaxPins, "1 to 8 pins in mapping [U, k]", pins);
  expect_matrix(in.table, at::kFloat, "table [U, 2^k] float32 on the CPU");
  expect(in.table.size(0) == units && in.table.size(1) == std::int64_t{1} << pins,
         ("table [" + std::to_string(units) + ", " + std::to_string(std::int64_t{1} << pins) +
          "] for mapping [" + std::to_string(units) + ", " + std::to_string(pins) + "]")
             .c_str(),
         in.table.sizes());
}

void check_pins(const at::Tensor& mapping, std::int64_t inputs) {
  const auto pins = mapping.contiguous();
  const auto* pin = pins.data_ptr<std::int32_t>();
  const auto* wrong = std::find_if(pin, pin + pins.numel(),
                                   [inputs](std::int32_t p) { return p < 0 || p >= inputs; });
  if (wrong != pin + pins.numel()) {
    expect(false, ("pins of mapping in [0, " + std::to_string(inputs) + ")").c_str(), *wrong);
  }
}

void check_values(const LutInputs& in) {
  const bool bits = in.x.defined() && in.x.scalar_type() == at::kByte;
  expect_matrix(in.x, bits ? at::kByte : at::kFloat, "x [B, in] float32 or uint8 on the CPU");
  if (bits && in.x.numel() != 0) {
    const auto largest = static_cast<int>(in.x.max().item<std::uint8_t>());
    expect(largest <= 1, "bits 0 and 1 in uint8 x", largest);
  }
  if (in.carrier.defined()) {
    expect(bits, "a gradient carrier only beside uint8 x", in.x.toString());
    expect_matrix(in.carrier, at::kFloat, "carrier [B, in] float32 on the CPU");
    expect(in.carrier.sizes() == in.x.sizes(), "carrier of the sizes of x", in.carrier.sizes());
  }
}

void check_rule(const LutRule& rule, std::int64_t pins) {
  const auto n = static_cast<std::int64_t>(rule.coefficients.size());
  expect(!rule.binarise || std::isfinite(rule.level), "a finite level", rule.level);
  for (const double c : rule.coefficients) {
    expect(std::isfinite(c), "finite coefficients", c);
  }
  switch (rule.gradient) {
    case CLH_LUT_MLE:
      return expect(n == 0, "no coefficient for the multilinear gradient", n);
    case CLH_LUT_SMOOTH:
      expect(n == 1, "one coefficient, epsilon, for the smoothed gradient", n);
      return expect(rule.coefficients[0] >= 0 && rule.coefficients[0] <= 0.5, "epsilon in [0, 1/2]",
                    rule.coefficients[0]);
    case CLH_LUT_RADIAL:
      return expect(n == pins, "one coefficient per pin for the radial gradient", n);
    default:
      expect(false, "gradient CLH_LUT_MLE, CLH_LUT_SMOOTH or CLH_LUT_RADIAL", rule.gradient);
  }
}

/// A logical [B, n] tensor as dense [n, B] memory.
at::Tensor feature_major(const at::Tensor& x) {
  return x.t().contiguous();
}

/// A logical [B, n] float tensor over dense [n, B] memory that the caller fills.
at::Tensor batch_of(std::int64_t batch, std::int64_t n) {
  return at::empty_strided({batch, n}, {1, std::max<std::int64_t>(batch, 1)}, at::kFloat);
}

/// The tables whose finite differences are the gradient of the pins.
at::Tensor slopes(const at::Tensor& table, int pins, std::int64_t gradient,
                  const std::vector<double>& coefficients) {
  auto out = table.clone();
  auto* entries = out.data_ptr<float>();
  for (std::int64_t u = 0; u < out.size(0); ++u) {
    if (gradient == CLH_LUT_SMOOTH) {
      smooth_table(entries + (u << pins), pins, coefficients[0]);
    } else {
      radial_table(entries + (u << pins), pins, coefficients.data());
    }
  }
  return out;
}

/// `source` is what receives the gradient of the inputs: x itself, or its carrier; `data` holds the
/// inputs' values [in, B] float32. The first two arguments are the differentiable ones.
struct LutFunction : torch::autograd::Function<LutFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& source, const at::Tensor& table,
                            const at::Tensor& data, const at::Tensor& mapping,
                            const LutRule& rule) {
    const LutSizes sizes{data.size(1), mapping.size(0), static_cast<int>(mapping.size(1))};
    const auto* pins = mapping.data_ptr<std::int32_t>();
    auto y = batch_of(sizes.batch, sizes.units);
    auto seen = data;  // what the backward pass needs of the inputs
    if (rule.gradient == CLH_LUT_MLE) {
      multilinear_forward(sizes, pins, table.data_ptr<float>(), data.data_ptr<float>(),
                          y.data_ptr<float>());
    } else {
      seen = at::empty({sizes.units, sizes.batch}, at::kByte);
      hard_address(sizes, pins, data.data_ptr<float>(), seen.data_ptr<std::uint8_t>());
      hard_forward(sizes, table.data_ptr<float>(), seen.data_ptr<std::uint8_t>(),
                   y.data_ptr<float>());
    }
    if (rule.binarise) {
      binarise(y.data_ptr<float>(), y.numel(), static_cast<float>(rule.level));
    }
    ctx->save_for_backward({table, mapping, seen});
    ctx->saved_data["inputs"] = source.size(1);
    ctx->saved_data["gradient"] = std::int64_t{rule.gradient};
    ctx->saved_data["coefficients"] = rule.coefficients;
    return y;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& y_grads) {
    TORCH_CHECK(!at::GradMode::is_enabled(),
                "clh.lut/1 is differentiable once: expected backward without create_graph");
    const auto saved = ctx->get_saved_variables();
    const auto &table = saved[0], &mapping = saved[1], &seen = saved[2];
    const auto y_grad = feature_major(y_grads[0]);
    const LutSizes sizes{y_grad.size(1), mapping.size(0), static_cast<int>(mapping.size(1))};
    at::Tensor source_grad, table_grad;
    if (ctx->needs_input_grad(0)) {
      source_grad = batch_of(sizes.batch, ctx->saved_data["inputs"].toInt()).zero_();
    }
    if (ctx->needs_input_grad(1)) {
      table_grad = at::empty_like(table);
    }
    const auto data_or_null = [](const at::Tensor& t) {
      return t.defined() ? t.data_ptr<float>() : nullptr;
    };
    const auto* pins = mapping.data_ptr<std::int32_t>();
    const auto gradient = ctx->saved_data["gradient"].toInt();
    if (gradient == CLH_LUT_MLE) {
      multilinear_backward(sizes, pins, table.data_ptr<float>(), seen.data_ptr<float>(),
                           y_grad.data_ptr<float>(), data_or_null(table_grad),
                           data_or_null(source_grad));
    } else {
      const auto slope = source_grad.defined()
                             ? slopes(table, sizes.pins, gradient,
                                      ctx->saved_data["coefficients"].toDoubleVector())
                             : at::Tensor();
      hard_backward(sizes, pins, data_or_null(slope), seen.data_ptr<std::uint8_t>(),
                    y_grad.data_ptr<float>(), data_or_null(table_grad), data_or_null(source_grad));
    }
    return {source_grad, table_grad, {}, {}, {}};
  }
};

LutRule rule_of(const clh_lut_call& call) {
  expect(call.n_coef >= 0 && (call.n_coef == 0 || call.coef != nullptr), "n_coef coefficients",
         call.n_coef);
  expect(call.binarise == 0 || call.binarise == 1, "binarise 0 or 1", call.binarise);
  return {call.gradient, {call.coef, call.coef + call.n_coef}, call.binarise == 1, call.level};
}

clh_status evaluate(clh_lut_call* call, clh_error* error) noexcept {
  return guard<TorchErrors>(error, [&] {
    expect(call != nullptr, "a call", "none");
    expect(call->struct_size >= sizeof(clh_lut_call), "a clh_lut_call of 88 bytes",
           call->struct_size);
    const LutInputs inputs{borrow(call->x), borrow(call->carrier), borrow(call->mapping),
                           borrow(call->table)};
    call->y = give(evaluate_lut(inputs, rule_of(*call)));
  });
}

}  // namespace

at::Tensor evaluate_lut(const LutInputs& inputs, const LutRule& rule) {
  check_wiring(inputs);
  check_values(inputs);
  check_pins(inputs.mapping, inputs.x.size(1));
  check_rule(rule, inputs.mapping.size(1));
  const auto data = feature_major(inputs.x.detach()).to(at::kFloat);
  return LutFunction::apply(inputs.carrier.defined() ? inputs.carrier : inputs.x,
                            inputs.table.contiguous(), data, inputs.mapping.contiguous(), rule);
}

const clh_lut_ext* lut_extension() {
  static const clh_lut_ext table{sizeof(clh_lut_ext), 0, evaluate};
  return &table;
}

}  // namespace clh::core
