#include "core/network/optimizer.hpp"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/plugins/core_errors.hpp"

namespace clh::core {
namespace {

std::unique_ptr<UpdateRule> make_rule(const OptimizerChoice& choice) {
  if (const auto* sgd = std::get_if<SgdOptions>(&choice.options)) {
    return std::make_unique<SgdRule>(*sgd);
  }
  return std::make_unique<AdamRule>(std::get<AdamOptions>(choice.options), choice.name == "adamw");
}

const OptimizerOptions& common(const OptimizerChoice& choice) {
  return std::visit([](const auto& o) -> const OptimizerOptions& { return o; }, choice.options);
}

Optimizer& self(void* opt) {
  return *static_cast<Optimizer*>(opt);
}

}  // namespace

Optimizer::Optimizer(const OptimizerChoice& choice, std::function<void()> after_step)
    : rule_(make_rule(choice)),
      rate_(common(choice).lr),
      reset_(common(choice).reset),
      after_step_(std::move(after_step)) {}

void Optimizer::join(Arena& arena) {
  groups_.push_back({&arena, {}});
}

void Optimizer::leave(const Arena& arena) {
  groups_.erase(std::remove_if(groups_.begin(), groups_.end(),
                               [&](const Group& g) { return g.arena == &arena; }),
                groups_.end());
}

void Optimizer::add(const std::string& name, const at::Tensor& leaf) {
  auto& arena = *own_.emplace_back(std::make_unique<Arena>(leaf.numel()));
  arena.attach(name, leaf, -1);
  join(arena);
}

void Optimizer::zero_grad() {
  for (const auto& group : groups_) {
    group.arena->reattach();
    at::Tensor(group.arena->grads()).zero_();
  }
}

void Optimizer::prepare(Group& group) const {
  auto& moments = group.memory.moments;
  while (static_cast<std::int64_t>(moments.size()) < rule_->moments()) {
    moments.push_back(at::zeros({group.arena->size()}));
  }
  group.memory.grow(group.arena->size());
  ++group.memory.steps;
}

void Optimizer::step() {
  const torch::NoGradGuard no_grad;
  for (auto& group : groups_) {
    group.arena->reattach();
    prepare(group);
    for (const auto& run : group.arena->trainable()) {
      const bool whole = run.count == group.arena->size();
      const auto slice = [&](const at::Tensor& t) {
        return whole ? t : t.narrow(0, run.offset, run.count);
      };
      std::vector<at::Tensor> moments;
      for (const auto& moment : group.memory.moments) {
        moments.push_back(slice(moment));
      }
      rule_->update(slice(group.arena->values()), slice(group.arena->grads()), moments,
                    group.memory.steps, rate_);
    }
  }
  if (after_step_) {
    after_step_();
  }
}

void Optimizer::reset() {
  for (auto& group : groups_) {
    group.memory = {};
  }
}

void Optimizer::set_rate(double rate) {
  if (!(rate > 0) || !std::isfinite(rate)) {
    throw Error("bad-option",
                "[optimizer] lr: expected a positive number, found " + std::to_string(rate),
                "set a positive learning rate", kExitUsage);
  }
  rate_ = rate;
}

void Optimizer::state(Archive& archive) {
  archive("rate", rate_);
  auto count = static_cast<std::int64_t>(groups_.size());
  archive("groups", count);
  if (count != static_cast<std::int64_t>(groups_.size())) {
    throw StatusError(CLH_E_STATE, "optimizer: expected " + std::to_string(groups_.size()) +
                                       " groups, found " + std::to_string(count));
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    archive(("memory" + std::to_string(i)).c_str(), groups_[i].memory);
  }
  for (std::size_t i = 0; i < own_.size(); ++i) {
    archive(("own" + std::to_string(i)).c_str(), *own_[i]);
  }
}

const clh_optimizer_vt* Optimizer::table() {
  static const clh_optimizer_vt table{
      sizeof(clh_optimizer_vt),
      0,
      [](void* opt, clh_error* e) { return guard<CoreErrors>(e, [&] { self(opt).zero_grad(); }); },
      [](void* opt, clh_error* e) { return guard<CoreErrors>(e, [&] { self(opt).step(); }); },
      [](void* opt, clh_error* e) { return guard<CoreErrors>(e, [&] { self(opt).reset(); }); },
      [](void* opt) { return self(opt).rate(); },
      [](void* opt, double rate, clh_error* e) {
        return guard<CoreErrors>(e, [&] { self(opt).set_rate(rate); });
      },
      [](void* opt, const char* name, const clh_tensor* leaf, clh_error* e) {
        return guard<CoreErrors>(e, [&] { self(opt).add(name, borrow(leaf)); });
      }};
  return &table;
}

}  // namespace clh::core
