// Backbones: features of the declared shape, parameters that stay, gradients, copies.
#include <clh/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/equal.h>

#include <cmath>

#include "core/validate/bad_inputs.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/input_shape.hpp"
#include "core/validate/lut_parts.hpp"
#include "core/validate/raw_instance.hpp"
#include "core/validate/specimen.hpp"
#include "core/validate/trial_run.hpp"

namespace clh::core {
namespace {

/// A run whose network is fitted and has its head, and has not been trained.
class Untrained final {
 public:
  Untrained(Workshop& workshop, const ProvidedComponent& provided)
      : run_(workshop, provided, form_of(workshop, provided)) {
    run_.loop().advance();  // fits an encoder
    run_.loop().advance();  // begins the first task
  }
  Network& network() { return *run_.experiment().network(); }
  TrialRun& run() { return run_; }
  at::Tensor inputs(std::int64_t n) {
    auto sizes = Shape(network().plan().input.input).dims();
    sizes.insert(sizes.begin(), n);
    return made_up_values(sizes, 3);
  }

 private:
  static TrialForm form_of(Workshop& workshop, const ProvidedComponent& provided) {
    TrialForm form;
    form.seed = workshop.seed();
    form.shape = input_shape_of(workshop, provided);
    return form;
  }
  TrialRun run_;
};

std::string check_shape(Workshop& workshop, const ProvidedComponent& provided) {
  Untrained made(workshop, provided);
  auto& network = made.network();
  const at::NoGradGuard no_grad;
  for (const bool training : {false, true}) {
    network.set_training(training);
    for (const std::int64_t batch : {1, 7, 13}) {
      if (training && batch == 1) {
        continue;  // statistics over one sample may be refused
      }
      const auto features = network.features(made.inputs(batch));  // checks [B, F]
      expect(features.isfinite().all().item<bool>(), "finite features", "others");
      expect(features.scalar_type() == at::kFloat, "float32 features",
             c10::toString(features.scalar_type()));
    }
  }
  return std::to_string(network.backbone().feature_count()) + " features of " +
         input_shape_of(workshop, provided) + " inputs";
}

std::string check_backbone_parameters(Workshop& workshop, const ProvidedComponent& provided) {
  Untrained made(workshop, provided);
  const auto& backbone = made.network().backbone();
  const auto first = backbone.parameters(), second = backbone.parameters();
  expect(first.size() == second.size(), "the same parameters at each call (rule R13)",
         std::to_string(first.size()) + " and " + std::to_string(second.size()));
  for (std::size_t i = 0; i < first.size(); ++i) {
    const auto& name = first[i].name;
    expect(name == second[i].name && first[i].tensor.is_same(second[i].tensor),
           "the same parameters in the same order (rule R13)", "another " + name);
    expect(first[i].tensor.scalar_type() == at::kFloat && first[i].tensor.is_leaf(),
           "float32 leaves (rule R13)", "another form of " + name);
    for (std::size_t k = 0; k < i; ++k) {
      expect(first[k].name != name, "each parameter name once", name + " twice");
    }
  }
  return std::to_string(first.size()) + " parameters";
}

std::string check_backbone_gradients(Workshop& workshop, const ProvidedComponent& provided) {
  Untrained made(workshop, provided);
  auto& network = made.network();
  network.set_training(true);
  at::Tensor(network.arena().grads()).zero_();
  const auto outputs = network.forward(made.inputs(16));
  (outputs * (made_up_values(outputs.sizes().vec(), 4) - 0.5)).sum().backward();
  network.arena().reattach();
  for (std::size_t i = 0; i < network.arena().leaves().size(); ++i) {
    const auto& leaf = network.arena().leaves()[i];
    if (!leaf.requires_grad()) {
      continue;
    }
    expect(leaf.grad().isfinite().all().item<bool>(), "finite gradients", "others");
    expect(leaf.grad().abs().sum().item<double>() > 0,
           std::string("a gradient for parameter ") + network.arena().slots()[i].name,
           "zero for a whole batch");
  }
  return "";
}

std::string check_trains(Workshop& workshop, const ProvidedComponent& provided) {
  TrialForm form;
  form.seed = workshop.seed();
  form.shape = input_shape_of(workshop, provided);
  form.options = small_options(workshop.component(provided));
  for (const std::int64_t batch : {1, 7, 13}) {
    form.batch_size = batch;
    TrialRun run(workshop, provided, form);
    run.train_to(batch == 1 ? 4 : -1);
    for (const double loss : run.losses()) {
      expect(std::isfinite(loss), "a finite loss with batches of " + std::to_string(batch),
             std::to_string(loss));
    }
    auto& arena = run.experiment().network()->arena();
    arena.reattach();
    for (std::size_t i = 0; i < arena.leaves().size(); ++i) {
      const auto& slot = arena.slots()[i];
      expect(arena.leaves()[i].data_ptr<float>() == arena.values().data_ptr<float>() + slot.offset,
             std::string("parameter ") + slot.name + " in the host's arena (rule R13)",
             "elsewhere");
    }
  }
  return "";
}

std::string check_pure(Workshop& workshop, const ProvidedComponent& provided) {
  Untrained made(workshop, provided);
  auto& network = made.network();
  network.set_training(false);
  const at::NoGradGuard no_grad;
  const auto x = made.inputs(6);
  const auto kept = x.clone();
  const auto whole = network.features(x);
  expect(at::equal(x, kept), "inputs left as they were", "changed ones");
  expect(at::equal(whole, network.features(x)), "the same features at a second call", "others");
  // Kernels may sum in another order for another batch size.
  expect(at::allclose(whole.narrow(0, 2, 1), network.features(x.narrow(0, 2, 1)), 1e-4, 1e-5),
         "features that do not depend on the rest of the batch in eval mode", "others");
  return "";
}

std::string check_copies(Workshop& workshop, const ProvidedComponent& provided) {
  Untrained made(workshop, provided);
  made.run().train_to(2);
  auto& network = made.network();
  const auto x = made.inputs(4);
  const at::NoGradGuard no_grad;
  network.set_training(false);
  const auto copy = network.spawn(true, "init");
  copy->freeze();
  expect(at::equal(copy->forward(x), network.forward(x)),
         "a copy that computes the same (what differs is a buffer or state)", "other outputs");
  const auto fresh = network.spawn(false, "init/1");
  fresh->set_training(false);
  expect(!at::equal(fresh->forward(x), network.forward(x)), "a fresh network of its own",
         "the same outputs");
  return "";
}

std::string check_backbone_bad_input(Workshop& workshop, const ProvidedComponent& provided) {
  RawInstance raw(workshop, provided);
  const auto get = workshop.component(provided).get_extension;
  const auto* encoder =
      get == nullptr ? nullptr
                     : static_cast<const clh_backbone_encoder_ext*>(get("clh.backbone.encoder/1"));
  auto sizes = raw.input().dims();
  sizes.insert(sizes.begin(), 40);
  if (encoder != nullptr) {
    const auto x = made_up_values(sizes, 5);
    call(encoder->fit, raw.self(), lend(x));
  }
  const auto failures =
      check_map("features", raw.table<clh_backbone_vt>().features, raw.self(), raw.input().dims());
  return std::to_string(failures) + " failing calls";
}

}  // namespace

std::vector<ComponentCheck> backbone_checks() {
  return {
      {"behave.shape", "finite features of the declared shape for any batch", check_shape},
      {"behave.parameters", "the same float32 leaves at each call", check_backbone_parameters},
      {"behave.gradients", "a gradient for every parameter", check_backbone_gradients},
      {"behave.batches", "finite losses in two tasks of batches 1, 7, 13 and a rest", check_trains},
      {"behave.pure", "eval mode as a function of its input alone", check_pure},
      {"behave.copies", "copies that compute the same, fresh ones that do not", check_copies},
      {"behave.bad-input", "an error for bad tensors, nothing written by it",
       check_backbone_bad_input},
  };
}

}  // namespace clh::core
