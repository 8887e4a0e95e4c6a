#include "core/run/task_loop.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.hpp"

namespace clh::core {
namespace {

/// Enough samples to fit an encoder's thresholds, evenly spread over the task.
constexpr std::int64_t kFitSamples = 20000;

}  // namespace

TaskLoop::TaskLoop(const LoopParts& parts, LoopObserver& observer)
    : parts_(parts), observer_(&observer) {}

template <class Body>
void TaskLoop::timed(double& seconds, Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void TaskLoop::run() {
  while (advance()) {
    if (parts_.run->stop != nullptr && *parts_.run->stop != 0 && !done()) {
      throw Stopped();
    }
  }
}

bool TaskLoop::advance() {
  switch (phase_) {
    case Phase::kInitial:
      initial();
      break;
    case Phase::kBeginTask:
      timed(timing_.training_seconds, [&] { begin_task(); });
      break;
    case Phase::kBeginEpoch:
      timed(timing_.training_seconds, [&] { begin_epoch(); });
      break;
    case Phase::kBatch:
      timed(timing_.training_seconds, [&] { batch(); });
      break;
    case Phase::kEndEpoch:
      timed(timing_.training_seconds, [&] {
        if (boundaries()) {
          parts_.model->end_epoch(epoch_);
        }
        ++epoch_;
        phase_ = steps_of_task_ >= task_steps() ? Phase::kEndTask : Phase::kBeginEpoch;
      });
      break;
    case Phase::kEndTask:
      timed(timing_.training_seconds, [&] { end_task(); });
      break;
    case Phase::kEvaluate:
      evaluate();
      break;
    case Phase::kDone:
      return false;
  }
  return phase_ != Phase::kDone;
}

void TaskLoop::initial() {
  if (parts_.network != nullptr) {
    if (parts_.network->has_encoder()) {
      const auto size = parts_.data->size();
      const auto n = std::min(size, kFitSamples);
      std::vector<std::int64_t> places;
      for (std::int64_t i = 0; i < n; ++i) {
        places.push_back(i * size / n);
      }
      parts_.network->fit(parts_.data->read(places.data(), n, false).inputs);
    }
    if (parts_.network->plan().form != HeadForm::kIncremental) {
      timed(timing_.evaluation_seconds,
            [&] { parts_.evaluator->evaluate_initial(*parts_.network); });
    }
    parts_.network->set_training(true);
  }
  parts_.model->set_training(true);
  phase_ = Phase::kBeginTask;
}

std::int64_t TaskLoop::per_epoch() const {
  return batch_count(parts_.data->size(), parts_.train->batch_size, parts_.train->drop_last);
}

std::int64_t TaskLoop::task_steps() const {
  return parts_.train->iterations > 0 ? parts_.train->iterations
                                      : parts_.train->epochs * per_epoch();
}

clh_task TaskLoop::describe_task() {
  const auto& plan = *parts_.plan;
  std::set<std::int64_t> outputs;
  for (const int task : plan.experiences[static_cast<std::size_t>(experience_)]) {
    const auto& list = plan.tasks[static_cast<std::size_t>(task)].outputs;
    outputs.insert(list.begin(), list.end());
  }
  classes_.assign(outputs.begin(), outputs.end());
  clh_task task{};
  task.struct_size = sizeof task;
  task.index = static_cast<std::int32_t>(experience_);
  task.base = parts_.scenario == Scenario::kTaskIl
                  ? plan.experiences[static_cast<std::size_t>(experience_)].front()
                  : -1;
  task.count = parts_.model->has("needs:task-count")
                   ? static_cast<std::int32_t>(plan.experiences.size())
                   : 0;
  task.epochs = parts_.train->iterations > 0 ? 0 : parts_.train->epochs;
  task.outputs_before =
      experience_ == 0 ? 0 : plan.outputs_after[static_cast<std::size_t>(experience_ - 1)];
  task.outputs = plan.outputs_after[static_cast<std::size_t>(experience_)];
  task.n_classes = static_cast<std::int64_t>(classes_.size());
  task.classes = classes_.data();
  task.data = parts_.data->table();
  return task;
}

void TaskLoop::begin_task() {
  parts_.run->position = {experience_, -1};
  parts_.data->begin(experience_);
  if (parts_.network != nullptr && parts_.network->plan().form == HeadForm::kIncremental) {
    const auto& outputs = parts_.plan->outputs_after;
    if (parts_.network->head().outputs() < outputs[static_cast<std::size_t>(experience_)]) {
      parts_.network->grow();
    }
  }
  if (boundaries()) {
    if (experience_ > 0 && parts_.optimizer != nullptr && parts_.optimizer->resets_at_tasks()) {
      parts_.optimizer->reset();
    }
    const auto task = describe_task();
    parts_.data->allow_append(true);
    parts_.model->begin_task(task);
    parts_.data->allow_append(false);
  }
  if (per_epoch() == 0) {
    throw Error("bad-option",
                "[train] batch-size: expected at most the " + std::to_string(parts_.data->size()) +
                    " samples of task " + std::to_string(experience_) + " with drop-last, found " +
                    std::to_string(parts_.train->batch_size),
                "lower train.batch-size or set train.drop-last=false", kExitUsage);
  }
  epoch_ = 0;
  steps_of_task_ = 0;
  ProgressTask progress;
  progress.index = experience_;
  progress.count = static_cast<std::int64_t>(parts_.plan->experiences.size());
  progress.batches = task_steps();
  observer_->task_begins(progress);
  phase_ = Phase::kBeginEpoch;
}

void TaskLoop::begin_epoch() {
  parts_.data->begin_epoch(epoch_);
  batch_ = 0;
  if (boundaries()) {
    parts_.model->begin_epoch(epoch_);
  }
  phase_ = Phase::kBatch;
}

void TaskLoop::batch() {
  parts_.run->position.step = step_;
  const auto first = batch_ * parts_.train->batch_size;
  const auto n = std::min(parts_.train->batch_size, parts_.data->size() - first);
  const auto gathered = parts_.data->batch(first, n);
  clh_batch batch{};
  batch.struct_size = sizeof batch;
  batch.task = boundaries() ? static_cast<std::int32_t>(experience_) : -1;
  batch.epoch = boundaries() ? epoch_ : 0;
  batch.index = boundaries() ? batch_ : step_;
  batch.per_epoch = boundaries() ? per_epoch() : 0;
  batch.step = step_;
  batch.x = lend(gathered.inputs);
  batch.raw = lend(gathered.raw);
  batch.y = lend(gathered.labels);
  batch.ids = lend(gathered.ids);
  const double loss = parts_.model->observe(batch);
  if (parts_.run->full_check) {
    check_parameters("observe");
  }
  if (!std::isfinite(loss)) {
    check_loss(loss);
  }
  CurvePoint point;
  point.step = step_;
  point.task = experience_;
  point.epoch = epoch_;
  point.batch = batch_;
  point.loss = loss;
  point.rate = parts_.optimizer != nullptr ? parts_.optimizer->rate() : 0.0;
  observer_->stepped(point);
  ++step_;
  ++timing_.steps;
  ++batch_;
  ++steps_of_task_;
  if (batch_ >= per_epoch() || steps_of_task_ >= task_steps()) {
    phase_ = Phase::kEndEpoch;
  }
}

void TaskLoop::diverge(const std::string& where, const std::string& what) {
  const Error error("not-finite", parts_.model->instance().label() + " in " + where + ": " + what,
                    "lower the learning rate, or --on-nan=continue", kExitUsage);
  if (parts_.train->on_nan == OnNan::kStop) {
    throw Error(error);
  }
  if (diverged_.empty()) {
    diverged_ = error.what();
  }
}

void TaskLoop::check_loss(double loss) {
  const char* found = std::isnan(loss) ? "nan" : loss > 0 ? "inf" : "-inf";
  diverge(call_and_position(*parts_.run, "observe"),
          std::string("expected a finite loss, found ") + found);
}

void TaskLoop::end_task() {
  parts_.run->position.step = -1;
  observer_->training_ended();
  if (boundaries()) {
    const auto task = describe_task();
    parts_.model->end_task(task);
  }
  check_parameters("end_task");
  if (parts_.network != nullptr &&
      !parts_.network->arena().values().isfinite().all().item<bool>()) {
    diverge(call_and_position(*parts_.run, "end_task"),
            "expected finite parameters, found some that are not");
  }
  phase_ = Phase::kEvaluate;
}

void TaskLoop::check_parameters(const char* call) const {
  if (parts_.network == nullptr) {
    return;
  }
  try {
    parts_.network->arena().reattach();
  } catch (const Error& e) {
    parts_.model->instance().fail_contract(call, e.what());
  }
}

void TaskLoop::evaluate() {
  std::int64_t not_finite = 0;
  timed(timing_.evaluation_seconds, [&] {
    not_finite = parts_.evaluator->evaluate(experience_, parts_.network, *parts_.model);
  });
  observer_->task_ended(experience_);
  if (not_finite > 0) {
    diverge(call_and_position(*parts_.run, "the evaluation"),
            "expected finite answers, found " + std::to_string(not_finite) + " that are not");
  }
  ++experience_;
  const auto count = static_cast<std::int64_t>(parts_.plan->experiences.size());
  phase_ = experience_ < count ? Phase::kBeginTask : Phase::kDone;
}

void TaskLoop::state(Archive& archive) {
  archive.record("cursor", [&] {
    archive("phase", phase_)("experience", experience_)("epoch", epoch_)("batch", batch_);
    archive("step", step_)("steps-of-task", steps_of_task_)("diverged", diverged_);
  });
  archive.record("timing", [&] {
    archive("training", timing_.training_seconds)("evaluation", timing_.evaluation_seconds);
    archive("steps", timing_.steps);
  });
  archive("data", *parts_.data);
  archive("evaluator", *parts_.evaluator);
  if (parts_.network != nullptr) {
    archive("network", *parts_.network);
  }
  archive.record("model", [&] { parts_.model->state(archive); });
  if (parts_.optimizer != nullptr) {
    archive("optimizer", *parts_.optimizer);
  }
  // Last, because loading a model may have drawn from its streams.
  archive("generators", parts_.run->generators);
  archive.record("streams", [&] {
    std::vector<std::string> names;
    std::vector<std::uint64_t> positions;
    for (const auto& [name, position] : parts_.run->streams.save()) {
      names.push_back(name);
      positions.push_back(position);
    }
    archive("names", names)("positions", positions);
    if (archive.loading()) {
      std::map<std::string, std::uint64_t> saved;
      for (std::size_t i = 0; i < names.size(); ++i) {
        saved[names[i]] = positions[i];
      }
      parts_.run->streams.restore(saved);
    }
  });
  archive.record("metrics", [&] {
    std::vector<std::string> names;
    std::vector<double> values;
    for (const auto& [name, value] : parts_.run->metrics) {
      names.push_back(name);
      values.push_back(value);
    }
    archive("names", names)("values", values);
    for (std::size_t i = 0; archive.loading() && i < names.size(); ++i) {
      parts_.run->metrics[names[i]] = values.at(i);
    }
  });
  if (archive.loading()) {
    if (parts_.network != nullptr) {
      parts_.network->set_training(true);
    }
    parts_.model->set_training(true);
    parts_.run->position = {experience_, -1};
    if (phase_ > Phase::kBeginTask && phase_ < Phase::kEndTask) {
      ProgressTask progress;
      progress.index = experience_;
      progress.count = static_cast<std::int64_t>(parts_.plan->experiences.size());
      progress.batches = task_steps();
      progress.done = steps_of_task_;
      observer_->task_begins(progress);
    }
  }
}

}  // namespace clh::core
