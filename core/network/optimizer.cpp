#include "core/network/optimizer.hpp"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "core/abi/core_errors.hpp"

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

Optimizer::Optimizer(const OptimizerChoice& choice)
    : rule_(make_rule(choice)), rate_(common(choice).lr), reset_(common(choice).reset) {}

void Optimizer::join(Arena& arena, std::function<void()> after_step, std::string key) {
  groups_.push_back({&arena, std::move(after_step), std::move(key), {}});
}

void Optimizer::leave(const Arena& arena) {
  groups_.erase(std::remove_if(groups_.begin(), groups_.end(),
                               [&](const Group& g) { return g.arena == &arena; }),
                groups_.end());
}

void Optimizer::add(const std::string& name, const at::Tensor& leaf) {
  auto& arena = own_[name];
  if (arena != nullptr) {
    throw Error("bad-option",
                "optimizer: expected each added leaf once, found \"" + name + "\" twice",
                "report it to the plugin's author", kExitPlugin);
  }
  arena = std::make_unique<Arena>(leaf.numel());
  arena->attach(name, leaf, -1);
  join(*arena, {}, "own." + name);
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
  for (auto& segment : group.memory.segments) {
    ++segment.steps;
  }
}

void Optimizer::update(const Group& group, std::int64_t offset, std::int64_t count,
                       std::int64_t steps) {
  const bool whole = count == group.arena->size();
  const auto slice = [&](const at::Tensor& t) { return whole ? t : t.narrow(0, offset, count); };
  std::vector<at::Tensor> moments;
  for (const auto& moment : group.memory.moments) {
    moments.push_back(slice(moment));
  }
  rule_->update(slice(group.arena->values()), slice(group.arena->grads()), moments, steps, rate_);
}

void Optimizer::step() {
  const at::NoGradGuard no_grad;
  for (auto& group : groups_) {
    group.arena->reattach();
    prepare(group);
    for (const auto& run : group.arena->trainable()) {
      for (const auto& segment : group.memory.segments) {
        const auto begin = std::max(run.offset, segment.begin);
        const auto end = std::min(run.offset + run.count, segment.end);
        if (begin < end) {
          update(group, begin, end - begin, segment.steps);
        }
      }
    }
  }
  for (const auto& group : groups_) {
    if (group.after_step) {
      group.after_step();
    }
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
  for (auto& group : groups_) {
    if (!group.key.empty()) {
      archive(group.key.c_str(), group.memory);
    }
  }
  for (auto& [name, arena] : own_) {
    archive(("values." + name).c_str(), *arena);
  }
}

void Optimizer::moments(Archive& archive, const Arena& arena) {
  const auto group = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const Group& g) { return g.arena == &arena; });
  archive("moments", group->memory);
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
