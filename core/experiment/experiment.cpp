#include "core/experiment/experiment.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <chrono>

#include "core/abi/capabilities.hpp"
#include "core/error.hpp"
#include "core/experiment/plan_relations.hpp"
#include "core/files/sha256.hpp"
#include "core/process/process_state.hpp"

namespace clh::core {
namespace {

template <class Options>
Options read(const ResolvedTable& table) {
  return read_options<Options>(table.values.data());
}

/// Sizes of the head's blocks: one, one a task, or one for each growth.
std::vector<std::int64_t> head_blocks(const StreamPlan& plan, HeadForm form) {
  if (form == HeadForm::kFixed) {
    return {plan.n_outputs};
  }
  std::vector<std::int64_t> blocks;
  if (form == HeadForm::kMultiHead) {
    for (const auto& task : plan.tasks) {
      blocks.push_back(static_cast<std::int64_t>(task.outputs.size()));
    }
    return blocks;
  }
  std::int64_t before = 0;
  for (const auto after : plan.outputs_after) {
    if (after > before) {
      blocks.push_back(after - before);
      before = after;
    }
  }
  return blocks;
}

std::vector<std::int64_t> block_of_output(const std::vector<std::int64_t>& blocks) {
  std::vector<std::int64_t> block;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    block.insert(block.end(), static_cast<std::size_t>(blocks[i]), static_cast<std::int64_t>(i));
  }
  return block;
}

/// Errors: Error `bad-option` for a task too small for one batch when the last one is dropped.
void require_whole_batches(const StreamPlan& plan, const TrainOptions& options) {
  for (std::size_t e = 0; options.drop_last && e < plan.experiences.size(); ++e) {
    std::size_t samples = 0;
    for (const int task : plan.experiences[e]) {
      samples += plan.tasks[static_cast<std::size_t>(task)].train.size();
    }
    if (samples < static_cast<std::size_t>(options.batch_size)) {
      throw Error("bad-option",
                  "[train] batch-size: expected at most the " + std::to_string(samples) +
                      " samples of task " + std::to_string(e) + " with drop-last, found " +
                      std::to_string(options.batch_size),
                  "lower train.batch-size or set train.drop-last=false", kExitUsage);
    }
  }
}

/// The smallest batch that the plan brings, and the task that has it.
struct SmallestBatch {
  std::int64_t size, task;
};
SmallestBatch smallest_batch(const StreamPlan& plan, const TrainOptions& options) {
  SmallestBatch smallest{options.batch_size, 0};
  for (std::size_t e = 0; e < plan.experiences.size(); ++e) {
    std::int64_t samples = 0;
    for (const int task : plan.experiences[e]) {
      samples += static_cast<std::int64_t>(plan.tasks[static_cast<std::size_t>(task)].train.size());
    }
    const auto rest = options.drop_last ? 0 : samples % options.batch_size;
    if (rest > 0 && rest < smallest.size) {
      smallest = {rest, static_cast<std::int64_t>(e)};
    }
  }
  return smallest;
}

/// Starts the pools of LibTorch, its autograd and BLAS, so that later threads are a plugin's.
void start_host_threads() {
  at::parallel_for(0, at::get_num_threads(), 1, [](std::int64_t, std::int64_t) {});
  const auto square = at::ones({256, 256});
  static_cast<void>(square.matmul(square));
  at::ones({1}).requires_grad_().square().backward();
}

}  // namespace

Experiment::Experiment(const ResolvedConfig& config, const Catalogue& catalogue,
                       PluginLibrary& library, std::shared_ptr<spdlog::logger> log,
                       const volatile std::sig_atomic_t* stop, bool full_check)
    : config_(&config),
      run_options_(read<RunOptions>(config.run)),
      train_options_(read<TrainOptions>(config.train)),
      eval_options_(read<EvalOptions>(config.eval)),
      stream_options_(read_stream(config.stream)),
      run_(library, static_cast<std::uint64_t>(run_options_.seed), std::move(log)) {
  run_.stop = stop;
  run_.full_check = full_check;
  check_capabilities(config, stream_options_.scenario, catalogue);
  // Never drawn from by the host, but a plugin that does so against the rules still repeats.
  at::manual_seed(derive_key(run_.seed, "", "default").value);
  load_data();
  build_stream();
  if (!declares(*config.model->factory.component, "no-network")) {
    build_network();
    require_trainable_batches();
  }
  build_model();
}

void Experiment::load_data() {
  const auto start = std::chrono::steady_clock::now();
  dataset_ = std::make_unique<DatasetProxy>(run_, config_->dataset->factory);
  dataset_->open();
  train_ = dataset_->load(CLH_TRAIN);
  test_ = dataset_->load(CLH_TEST);
  data_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

DatasetLabels Experiment::labels() const {
  const auto& info = dataset_->info();
  DatasetLabels labels;
  labels.train_labels = train_.labels.data_ptr<std::int64_t>();
  labels.n_train = train_.size();
  labels.test_labels = test_.labels.data_ptr<std::int64_t>();
  labels.n_test = test_.size();
  labels.n_classes = info.n_classes;
  for (std::int64_t c = 0; info.classes != nullptr && c < info.n_classes; ++c) {
    labels.class_names.emplace_back(info.classes[c]);
  }
  labels.sample_shape = Shape(info.sample).dims();
  return labels;
}

void Experiment::build_stream() {
  const auto held_out = [](const auto& stream) { return stream.hold_out.validation; };
  if (std::visit(held_out, stream_options_.choice) > 0) {
    throw Error("bad-option",
                "[stream] validation: expected 0, because no number is computed from held-out "
                "samples yet, found more",
                "leave out stream.validation", kExitUsage);
  }
  plan_ = core::build_stream(stream_options_.choice, stream_options_.scenario, labels(), run_.seed);
  require_whole_batches(plan_, train_options_);
  require_plan_relations(config_->model->factory, plan_);
  require_plan_relations(config_->backbone->factory, plan_);
  const auto& info = dataset_->info();
  if (stream_options_.normalize && (info.mean == nullptr || info.std == nullptr)) {
    throw Error("bad-option",
                "[stream] normalize: expected a dataset with a mean and a deviation, found " +
                    config_->dataset->name + " without",
                "stream.normalize=false", kExitUsage);
  }
  TransformPlan transform;
  transform.low = info.low;
  transform.high = info.high;
  if (stream_options_.normalize && info.mean != nullptr && info.std != nullptr) {
    const auto channels = info.sample.rank == 3 ? info.sample.dim[0] : 1;
    transform.mean.assign(info.mean, info.mean + channels);
    transform.std.assign(info.std, info.std + channels);
  }
  parse_augmentation(info.augment, config_->dataset->name, transform);
  transform_ = std::make_unique<SampleTransform>(transform, run_.streams);
  data_ = std::make_unique<ExperienceData>(train_, plan_, *transform_, run_.seed,
                                           train_options_.shuffle);
  evaluator_ = std::make_unique<Evaluator>(test_, plan_, stream_options_.scenario, *transform_,
                                           eval_options_, read_learner(*config_->model));
}

void Experiment::build_network() {
  NetworkPlan plan;
  plan.backbone = &config_->backbone->factory;
  plan.input.struct_size = sizeof plan.input;
  plan.input.input = Shape(plan_.sample_shape).c_shape();
  plan.input.low = transform_->low();
  plan.input.high = transform_->high();
  plan.form = read_head_form(config_->head);
  plan.init = read<HeadOptions>(config_->head.options).init;
  plan.blocks = head_blocks(plan_, plan.form);
  criterion_ =
      std::make_unique<Criterion>(plan.form == HeadForm::kMultiHead ? block_of_output(plan.blocks)
                                                                    : std::vector<std::int64_t>());
  network_ = std::make_unique<Network>(run_, plan);
  optimizer_ = std::make_unique<Optimizer>(read_optimizer(config_->optimizer));
  optimizer_->join(
      network_->arena(), [this] { network_->backbone().after_step(); }, "network");
}

void Experiment::require_trainable_batches() {
  const auto smallest = smallest_batch(plan_, train_options_);
  if (smallest.size != 1 || network_->has_encoder()) {  // an encoder is not fitted yet
    return;
  }
  auto shape = plan_.sample_shape;
  shape.insert(shape.begin(), 1);
  const auto copy = network_->spawn(true, "init");  // so that no statistics move
  copy->set_training(true);
  const at::NoGradGuard no_grad;
  try {
    static_cast<void>(copy->features(at::zeros(shape)));
  } catch (const Error& e) {
    throw Error("bad-option",
                "[train] batch-size: expected batches that the backbone " +
                    config_->backbone->name +
                    " can train on, found one sample in the last of task " +
                    std::to_string(smallest.task) + " (" + e.what() + ")",
                train_options_.batch_size == 1 ? "raise train.batch-size"
                                               : "set train.drop-last=true, or another "
                                                 "train.batch-size",
                kExitUsage);
  }
}

void Experiment::build_model() {
  spec_.struct_size = sizeof spec_;
  spec_.scenario = abi_number(stream_options_.scenario);
  if (network_) {
    handle_.network = network_.get();
    handle_.optimizer = optimizer_.get();
    spec_.net_vt = network_table();
    spec_.net = &handle_;
    spec_.opt_vt = Optimizer::table();
    spec_.opt = optimizer_.get();
    spec_.crit_vt = Criterion::table();
    spec_.crit = criterion_.get();
  }
  spec_.aug_vt = SampleTransform::table();
  spec_.aug = transform_.get();
  if (run_.full_check) {
    start_host_threads();
    threads_ = thread_ids();
  }
  model_ = std::make_unique<ModelProxy>(run_, config_->model->factory, spec_);
}

void Experiment::close() {
  if (model_ == nullptr) {
    return;
  }
  const auto label = model_->instance().label();
  const std::string component = model_->instance().component().id;
  model_.reset();
  const auto left = run_.full_check ? threads_left(threads_) : 0;
  optimizer_.reset();
  network_.reset();
  dataset_.reset();
  if (left > 0) {
    throw PluginError(label, component, "destroy", CLH_E_INTERNAL,
                      "expected the threads of the plugin to have ended, found " +
                          std::to_string(left) + " left behind");
  }
}

TaskLoop Experiment::loop(LoopObserver& observer) {
  LoopParts parts{};
  parts.run = &run_;
  parts.plan = &plan_;
  parts.scenario = stream_options_.scenario;
  parts.train = &train_options_;
  parts.data = data_.get();
  parts.network = network_.get();
  parts.optimizer = optimizer_.get();
  parts.model = model_.get();
  parts.evaluator = evaluator_.get();
  return {parts, observer};
}

DatasetRecord Experiment::dataset_record() const {
  std::string digests;
  for (const auto& tensor : {train_.inputs, train_.labels, test_.inputs, test_.labels}) {
    digests += sha256_hex(tensor.data_ptr(), tensor.nbytes()) + "\n";
  }
  return {config_->dataset->name, sha256_hex(digests.data(), digests.size())};
}

std::vector<PluginRecord> Experiment::plugin_records() const {
  std::vector<PluginRecord> records;
  const auto add = [&](const ResolvedComponent& c, const auto& self) -> void {
    const auto& component = *c.factory.component;
    const auto& plugin = run_.library->owner(component);
    records.push_back({kind_name(component.kind), component.id, plugin.entry.note.id,
                       plugin.entry.note.version, plugin.sha256, plugin.entry.path.string(),
                       plugin.entry.note.torch});
    for (const auto& child : c.children) {
      self(*child, self);
    }
  };
  add(*config_->dataset, add);
  add(*config_->backbone, add);
  add(*config_->model, add);
  return records;
}

}  // namespace clh::core
