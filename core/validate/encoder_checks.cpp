// Encoders: bits of the declared shape, refused before the fit.
#include <clh/error.hpp>

#include <ATen/core/Tensor.h>

#include "core/validate/bad_inputs.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/lut_parts.hpp"
#include "core/validate/raw_instance.hpp"

namespace clh::core {
namespace {

at::Tensor samples() {
  return made_up_values({40, kEncoderInputs}, 1);
}

void fit(const RawInstance& raw) {
  const auto& table = raw.table<clh_encoder_vt>();
  if (table.fit != nullptr) {
    const auto x = samples();
    call(table.fit, raw.self(), lend(x));
  }
}

std::string check_unfitted(Workshop& workshop, const ProvidedComponent& provided) {
  RawInstance raw(workshop, provided);
  const auto& table = raw.table<clh_encoder_vt>();
  if (table.fit == nullptr) {
    throw CheckSkipped{"it has nothing to fit"};
  }
  const auto x = samples();
  auto error = empty_error();
  clh_tensor* out = nullptr;
  const auto status = table.encode(raw.self(), lend(x), &out, &error);
  expect(status != CLH_OK, "an error from encode before fit", "bits");
  expect_failure_form("encode before fit", status, error);
  expect(out == nullptr, "nothing written by a failing encode (rule R4)", "another value");
  return "";
}

std::string check_bits(Workshop& workshop, const ProvidedComponent& provided) {
  RawInstance raw(workshop, provided);
  fit(raw);
  const auto& table = raw.table<clh_encoder_vt>();
  clh_shape shape{};
  table.output_shape(raw.self(), &shape);
  expect_none(shape_defect(shape, 1));
  const Shape output(shape);
  expect(output.rank() == raw.input().rank() + 1 && output.numel() % raw.input().numel() == 0,
         "the input's dimensions and, last, the bits of a feature", "another shape");
  const auto x = samples();
  for (const std::int64_t batch : {1, 7, 13}) {
    clh_tensor* out = nullptr;
    const auto part = x.narrow(0, 0, batch).contiguous();
    call(table.encode, raw.self(), lend(part), &out);
    const auto bits = adopt(out);
    auto sizes = output.dims();
    sizes.insert(sizes.begin(), batch);
    expect(bits.defined() && bits.sizes() == at::IntArrayRef(sizes), "bits of the declared shape",
           bits.defined() ? c10::str(bits.sizes()) : "none");
    expect(bits.scalar_type() == at::kByte && bits.max().item<int>() <= 1, "uint8 bits 0 or 1",
           "others");
  }
  return std::to_string(output.numel()) + " bits of " + std::to_string(kEncoderInputs) +
         " features";
}

std::string check_encoder_bad_input(Workshop& workshop, const ProvidedComponent& provided) {
  RawInstance raw(workshop, provided);
  fit(raw);
  const auto failures =
      check_map("encode", raw.table<clh_encoder_vt>().encode, raw.self(), raw.input().dims());
  return std::to_string(failures) + " failing calls";
}

}  // namespace

std::vector<ComponentCheck> encoder_checks() {
  return {
      {"behave.unfitted", "an error from encode before fit", check_unfitted},
      {"behave.bits", "bits of the declared shape for any batch", check_bits},
      {"behave.bad-input", "an error for bad tensors, nothing written by it",
       check_encoder_bad_input},
  };
}

}  // namespace clh::core
