#include "model_harness.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <deque>

#include "core/machine/environment.hpp"
#include "tests/support/places.hpp"
#include <spdlog/logger.h>

namespace clh::test {
namespace {

core::PluginLibrary& library() {
  static auto& catalogue = *new core::Catalogue(
      core::Catalogue::scan({{core::PluginOrigin::kDirectory, in_build("lib/cl-host/plugins")}},
                            core::host_fingerprint()));
  static auto& plugins = *new core::PluginLibrary(catalogue, core::host_torch_layout());
  return plugins;
}

/// A component with its arguments: the defaults, or what the test says.
class Choice {
 public:
  Choice(clh_kind kind, const std::string& name, const OptionTexts& options, const char* path)
      : component_(library().load(kind, name).component) {
    for (std::uint32_t i = 0; i < component_->n_params; ++i) {
      const auto& param = component_->params[i];
      const auto given = options.find(param.name);
      values_.push_back(given == options.end() ? param.def : parse(param, given->second));
    }
    for (const auto& [option, text] : options) {
      const auto known = [&, wanted = option](const clh_param& p) { return wanted == p.name; };
      if (std::none_of(component_->params, component_->params + component_->n_params, known)) {
        throw std::invalid_argument(name + " has no option " + option);
      }
    }
    factory_ = {sizeof factory_, component_->n_params, component_, values_.data(), path};
  }
  const clh_factory& factory() const { return factory_; }

 private:
  clh_value parse(const clh_param& param, const std::string& text) {
    clh_value value = param.def;
    switch (param.type) {
      case CLH_BOOL:
        value.u.i = text == "true";
        return value;
      case CLH_INT:
        value.u.i = std::stoll(text);
        return value;
      case CLH_REAL:
        value.n = 1;
        value.u.r = std::stod(text);
        return value;
      case CLH_CHOICE:
        for (value.u.i = 0; param.choices[value.u.i] != nullptr; ++value.u.i) {
          if (text == param.choices[value.u.i]) {
            return value;
          }
        }
        throw std::invalid_argument(text + " is no choice of " + param.name);
      case CLH_INT_LIST: {
        const auto& list = lists_.emplace_back(1, std::stoll(text));
        value.n = 1;
        value.u.iv = list.data();
        return value;
      }
      default:
        throw std::invalid_argument(std::string("the harness cannot set ") + param.name);
    }
  }

  const clh_component* component_;
  std::vector<clh_value> values_;
  std::deque<std::vector<std::int64_t>> lists_;
  clh_factory factory_{};
};

core::NetworkPlan network_plan(const HarnessPlan& plan, const clh_factory& backbone) {
  core::NetworkPlan network{};
  network.backbone = &backbone;
  network.input = {sizeof(clh_backbone_spec), 0, Shape(plan.input).c_shape(), 0.0, 1.0};
  network.form = plan.head;
  network.blocks = plan.blocks;
  return network;
}

std::vector<std::int64_t> block_of_output(const HarnessPlan& plan) {
  std::vector<std::int64_t> blocks;
  if (plan.head == core::HeadForm::kMultiHead) {
    for (std::size_t b = 0; b < plan.blocks.size(); ++b) {
      blocks.insert(blocks.end(), static_cast<std::size_t>(plan.blocks[b]),
                    static_cast<std::int64_t>(b));
    }
  }
  return blocks;
}

}  // namespace

HarnessTask random_task(std::int64_t samples, const std::vector<std::int64_t>& sample_shape,
                        const std::vector<std::int64_t>& classes, std::uint64_t seed) {
  auto sizes = sample_shape;
  sizes.insert(sizes.begin(), samples);
  auto generator = at::detail::createCPUGenerator(seed);
  const auto turn = at::arange(samples).remainder(static_cast<std::int64_t>(classes.size()));
  return {at::randn(sizes, generator), at::tensor(classes, at::kLong).index_select(0, turn),
          classes};
}

constexpr std::int64_t kIdsOfATask = 10000;

struct ModelHarness::Parts {
  explicit Parts(const HarnessPlan& harness_plan)
      : plan(harness_plan),
        run(library(), plan.seed, std::make_shared<spdlog::logger>("harness")),
        backbone(CLH_BACKBONE, plan.backbone, plan.backbone_options, "backbone"),
        model_choice(CLH_MODEL, plan.model, plan.options, "model"),
        network(run, network_plan(plan, backbone.factory())),
        optimizer({"sgd", sgd(plan.rate)}),
        criterion(block_of_output(plan)),
        transform(identity(), run.streams),
        handle{&network, &optimizer, nullptr},
        spec{sizeof(clh_model_spec),         static_cast<std::int32_t>(plan.scenario),
             core::network_table(),          &handle,
             core::Optimizer::table(),       &optimizer,
             core::Criterion::table(),       &criterion,
             core::SampleTransform::table(), &transform} {
    optimizer.join(network.arena());
    model = std::make_unique<core::ModelProxy>(run, model_choice.factory(), spec);
    data.struct_size = sizeof data;
    data.ctx = this;
    data.read = [](void* ctx, const std::int64_t* wanted, std::int64_t n, std::int32_t,
                   clh_tensor** x, clh_tensor** raw, clh_tensor** y, clh_error*) -> clh_status {
      const auto& self = *static_cast<Parts*>(ctx);
      const auto places = at::tensor(at::ArrayRef<std::int64_t>(wanted, n), at::kLong);
      *raw = give(self.task.raw.index_select(0, places));
      *x = give(self.transform.plain(self.task.raw.index_select(0, places)));
      *y = give(self.task.labels.index_select(0, places));
      return CLH_OK;
    };
    data.append = [](void* ctx, const clh_tensor* raw, const clh_tensor* y,
                     clh_error*) -> clh_status {
      auto& self = *static_cast<Parts*>(ctx);
      self.appended_raw.push_back(borrow(raw));
      self.appended_labels.push_back(borrow(y));
      return CLH_OK;
    };
  }

  static core::SgdOptions sgd(double rate) {
    core::SgdOptions options;
    options.lr = rate;
    return options;
  }
  static core::TransformPlan identity() {
    core::TransformPlan plan;
    plan.low = 0;
    plan.high = 1;
    return plan;
  }

  clh_task describe() {
    data.size = task.labels.size(0);
    clh_task described{};
    described.struct_size = sizeof described;
    described.index = index;
    described.base = plan.scenario == Scenario::kTaskIl ? index : -1;
    described.count = model->has("needs:task-count") ? plan.tasks : 0;
    described.epochs = plan.epochs;
    described.outputs = described.outputs_before = network.info().outputs;
    described.n_classes = static_cast<std::int64_t>(task.classes.size());
    described.classes = task.classes.data();
    described.data = &data;
    return described;
  }

  HarnessPlan plan;
  core::RunContext run;
  Choice backbone, model_choice;
  core::Network network;
  core::Optimizer optimizer;
  core::Criterion criterion;
  core::SampleTransform transform;
  core::NetworkHandle handle;
  clh_model_spec spec;
  std::unique_ptr<core::ModelProxy> model;
  clh_task_data data{};
  HarnessTask task;
  std::int32_t index = -1;
  std::int64_t step = 0, epoch = 0;
  std::int64_t batch_index = 0, per_epoch = 0;  // 0, 0: not known
  std::int64_t next_id = 1000 * kIdsOfATask;    // of samples that no task has
  std::vector<at::Tensor> appended_raw, appended_labels;
};

ModelHarness::ModelHarness(const HarnessPlan& plan) : parts_(std::make_unique<Parts>(plan)) {}
ModelHarness::~ModelHarness() = default;

void ModelHarness::begin_task(const HarnessTask& task) {
  auto& p = *parts_;
  p.task = task;
  ++p.index;
  p.epoch = 0;
  p.appended_raw.clear();
  p.appended_labels.clear();
  if (p.plan.head == core::HeadForm::kIncremental) {
    p.network.grow();
  }
  p.optimizer.reset();
  p.network.set_training(true);
  p.model->begin_task(p.describe());
}

double ModelHarness::observe(const at::Tensor& raw, const at::Tensor& labels) {
  const auto first = parts_->next_id;
  parts_->next_id += labels.size(0);
  return observe(raw, labels, at::arange(first, parts_->next_id));
}

double ModelHarness::observe(const at::Tensor& raw, const at::Tensor& labels,
                             const at::Tensor& ids) {
  auto& p = *parts_;
  const auto inputs = p.transform.plain(raw);
  const clh_batch batch{sizeof(clh_batch), p.index,      p.epoch,   p.batch_index, p.per_epoch,
                        p.step++,          lend(inputs), lend(raw), lend(labels),  lend(ids)};
  return p.model->observe(batch);
}

void ModelHarness::train(std::int64_t batch_size) {
  auto raw = parts_->appended_raw, labels = parts_->appended_labels;
  raw.insert(raw.begin(), parts_->task.raw);
  labels.insert(labels.begin(), parts_->task.labels);
  auto& p = *parts_;
  const auto own = p.task.labels.size(0);
  auto ids = at::full({at::cat(labels).size(0)}, -1, at::kLong);
  ids.narrow(0, 0, own).copy_(at::arange(own) + p.index * kIdsOfATask);
  const auto all_raw = at::cat(raw).split(batch_size),
             all_labels = at::cat(labels).split(batch_size), all_ids = ids.split(batch_size);
  p.per_epoch = static_cast<std::int64_t>(all_raw.size());
  p.model->begin_epoch(p.epoch);
  for (std::size_t i = 0; i < all_raw.size(); ++i) {
    p.batch_index = static_cast<std::int64_t>(i);
    observe(all_raw[i].contiguous(), all_labels[i].contiguous(), all_ids[i].contiguous());
  }
  p.model->end_epoch(p.epoch++);
  p.batch_index = p.per_epoch = 0;
}

void ModelHarness::end_task() {
  parts_->model->end_task(parts_->describe());
}

at::Tensor ModelHarness::forward(const at::Tensor& raw) const {
  return parts_->network.forward(parts_->transform.plain(raw));
}
at::Tensor ModelHarness::predict(const at::Tensor& raw, std::int32_t task) const {
  auto& p = *parts_;
  const at::NoGradGuard no_grad;
  const auto inputs = p.transform.plain(raw);
  p.network.set_training(false);
  const clh_query query{sizeof(clh_query), task, lend(inputs)};
  auto outputs = p.model->predicts() ? p.model->predict(query) : p.network.forward(inputs);
  p.network.set_training(true);
  return outputs;
}
at::Tensor ModelHarness::values() const {
  return parts_->network.arena().values();
}
at::Tensor ModelHarness::grads() const {
  return parts_->network.arena().grads();
}

at::Tensor ModelHarness::gradient_of(const at::Tensor& loss) const {
  const auto kept = grads().clone();
  grads().zero_();
  loss.backward();
  auto gradient = grads().clone();
  grads().copy_(kept);
  return gradient;
}

core::Network& ModelHarness::network() {
  return parts_->network;
}
void ModelHarness::set_rate(double rate) {
  parts_->optimizer.set_rate(rate);
}
at::Generator ModelHarness::generator(const char* stream) {
  return parts_->run.generators.generator("model", stream);
}

std::unique_ptr<core::StateRecord> ModelHarness::model_state() const {
  core::StateRecord record;  // the schema's version, and the state
  core::save_state(*parts_->model, record);
  return std::move(record.children.at("state"));
}

std::unique_ptr<ModelHarness::Checkpoint> ModelHarness::save() {
  auto& p = *parts_;
  auto saved = std::make_unique<Checkpoint>();
  saved->streams = p.run.streams.save();
  const core::StateWriter writer(saved->record);
  Archive archive(writer.table());
  archive("network", p.network)("optimizer", p.optimizer);
  archive("generators", p.run.generators)("model", *p.model);
  return saved;
}

void ModelHarness::load(const Checkpoint& checkpoint, const HarnessTask& task, std::int32_t index) {
  auto& p = *parts_;
  p.run.streams.restore(checkpoint.streams);
  const core::StateReader reader(checkpoint.record);
  Archive archive(reader.table(), 1);
  archive("network", p.network)("optimizer", p.optimizer);
  archive("generators", p.run.generators)("model", *p.model);
  p.task = task;
  p.index = index;
}

const std::vector<at::Tensor>& ModelHarness::appended_raw() const {
  return parts_->appended_raw;
}
const std::vector<at::Tensor>& ModelHarness::appended_labels() const {
  return parts_->appended_labels;
}

}  // namespace clh::test
