#include "core/run/evaluator.hpp"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/data/experience_data.hpp"

namespace clh::core {
namespace {

std::vector<std::string> evaluated_scenarios(const StreamPlan& plan, Scenario scenario) {
  switch (scenario) {
    case Scenario::kDomainIl:
      return {"domain-il"};
    case Scenario::kTaskIl:
      return {"task-il"};
    case Scenario::kTaskFree:
      if (!disjoint_outputs(plan)) {
        return {"domain-il"};
      }
      break;
    case Scenario::kClassIl:
      break;
  }
  return {"class-il", "task-il"};
}

AccuracyMatrix empty_matrix(const StreamPlan& plan, Learner learner) {
  const auto rows = plan.experiences.size();
  std::vector<std::int64_t> samples;
  std::vector<std::size_t> first_row(plan.tasks.size(), rows);
  for (const auto& task : plan.tasks) {
    samples.push_back(static_cast<std::int64_t>(task.test.size()));
  }
  for (std::size_t e = plan.experiences.size(); e-- > 0;) {
    for (const int task : plan.experiences[e]) {
      first_row[static_cast<std::size_t>(task)] = e;
    }
  }
  return {rows, samples, first_row, learner};
}

std::string shape_text(const at::Tensor& tensor) {
  std::string text;
  for (const auto size : tensor.sizes()) {
    text += (text.empty() ? "[" : ", ") + std::to_string(size);
  }
  return text.empty() ? "a scalar" : text + "]";
}

}  // namespace

bool disjoint_outputs(const StreamPlan& plan) {
  std::set<std::int64_t> outputs;
  std::size_t count = 0;
  for (const auto& task : plan.tasks) {
    outputs.insert(task.outputs.begin(), task.outputs.end());
    count += task.outputs.size();
  }
  return outputs.size() == count;
}

AnswerCount count_right(const at::Tensor& outputs, const std::vector<std::int64_t>& labels,
                        const std::vector<std::int64_t>& allowed) {
  const auto z = outputs.to(at::kCPU, at::kFloat).contiguous();
  const auto columns = z.size(1);
  const auto* row = z.data_ptr<float>();
  AnswerCount count;
  for (std::size_t n = 0; n < labels.size(); ++n, row += columns) {
    std::int64_t best = -1;
    bool finite = true;
    for (const auto c : allowed) {
      if (c < columns) {
        finite = finite && row[c] < std::numeric_limits<float>::infinity();  // false for NaN too
        best = best < 0 || row[c] > row[best] ? c : best;
      }
    }
    finite = finite && (best < 0 || std::isfinite(row[best]));
    count.right += finite && best == labels[n] ? 1 : 0;
    count.not_finite += finite ? 0 : 1;
  }
  return count;
}

Evaluator::Evaluator(const SplitData& test, const StreamPlan& plan, Scenario scenario,
                     const SampleTransform& transform, const EvalOptions& options, Learner learner)
    : test_(&test),
      plan_(&plan),
      scenario_(scenario),
      transform_(&transform),
      options_(options),
      learner_(learner) {
  for (const auto& evaluated : evaluated_scenarios(plan, scenario)) {
    matrices_.emplace(evaluated, empty_matrix(plan, learner));
  }
}

bool Evaluator::seen(std::int64_t row, std::size_t task) const {
  return matrices_.begin()->second.seen(static_cast<std::size_t>(row), task);
}

std::set<std::int64_t> Evaluator::learned(std::int64_t row) const {
  std::set<std::int64_t> outputs;
  for (std::size_t task = 0; task < plan_->tasks.size() && row >= 0; ++task) {
    if (seen(row, task)) {
      outputs.insert(plan_->tasks[task].outputs.begin(), plan_->tasks[task].outputs.end());
    }
  }
  return outputs;
}

std::vector<std::int64_t> Evaluator::allowed(std::int64_t row, std::int64_t outputs) const {
  if (options_.scope == EvalScope::kAll) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(outputs));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    return all;
  }
  const auto classes = learned(row);
  return {classes.begin(), classes.end()};
}

void Evaluator::record(const std::string& scenario, std::int64_t row, std::size_t task,
                       double accuracy) {
  const auto found = matrices_.find(scenario);
  if (found == matrices_.end()) {
    return;
  }
  if (row < 0) {
    found->second.set_initial(task, accuracy);
  } else {
    found->second.set(static_cast<std::size_t>(row), task, accuracy);
  }
}

std::int64_t Evaluator::evaluate_task(std::int64_t row, std::size_t number, const Network* network,
                                      const ModelProxy* model) {
  const auto& task = plan_->tasks[number];
  const auto total = static_cast<std::int64_t>(task.test.size());
  const auto* all_labels = test_->labels.data_ptr<std::int64_t>();
  const bool shared = matrices_.count("domain-il") != 0;
  // Of outputs so far; a model may answer about more.
  const auto least = row < 0 ? 0 : plan_->outputs_after[static_cast<std::size_t>(row)];
  AnswerCount in_class, in_task, in_domain;
  const auto add = [](AnswerCount& sum, const AnswerCount& more) {
    sum.right += more.right;
    sum.not_finite += more.not_finite;
  };
  std::vector<std::int64_t> in_scope;
  for (std::int64_t first = 0; first < total; first += options_.batch_size) {
    const auto n = std::min(options_.batch_size, total - first);
    const auto* index = task.test.data() + first;
    const auto x =
        transform_->plain(gather_raw(*test_, *plan_, static_cast<std::int32_t>(number), index, n));
    std::vector<std::int64_t> labels;
    for (std::int64_t i = 0; i < n; ++i) {
      labels.push_back(task.label_map[static_cast<std::size_t>(all_labels[index[i]])]);
    }
    at::Tensor outputs;
    if (model != nullptr && model->predicts()) {
      const clh_query query{sizeof(clh_query),
                            scenario_ == Scenario::kTaskIl ? static_cast<std::int32_t>(number) : -1,
                            lend(x)};
      outputs = model->predict(query);
      if (outputs.dim() != 2 || outputs.size(0) != n || outputs.size(1) < least) {
        model->instance().fail_contract(
            "predict", "expected outputs [" + std::to_string(n) + ", C] with C at least " +
                           std::to_string(least) + ", the outputs so far, found " +
                           shape_text(outputs));
      }
    } else {
      outputs = network->forward(x);
    }
    if (in_scope.empty()) {
      in_scope = allowed(row, outputs.size(1));
    }
    add(in_class, count_right(outputs, labels, in_scope));
    add(in_task, count_right(outputs, labels, task.outputs));
    if (shared) {
      std::vector<std::int64_t> all(static_cast<std::size_t>(outputs.size(1)));
      std::iota(all.begin(), all.end(), std::int64_t{0});
      add(in_domain, count_right(outputs, labels, all));
    }
  }
  const auto fraction = [&](std::int64_t right) {
    return static_cast<double>(right) / static_cast<double>(total);
  };
  // Before training no class has been seen: class-il then means nothing unless over all outputs.
  if (row >= 0 || options_.scope == EvalScope::kAll) {
    record("class-il", row, number, fraction(in_class.right));
  }
  record("task-il", row, number, fraction(in_task.right));
  record("domain-il", row, number, fraction(in_domain.right));
  std::int64_t not_finite = 0;
  for (const auto& [scenario, count] :
       {std::pair{"class-il", &in_class}, {"task-il", &in_task}, {"domain-il", &in_domain}}) {
    if (matrices_.count(scenario) != 0) {
      not_finite = std::max(not_finite, count->not_finite);
    }
  }
  return not_finite;
}

void Evaluator::evaluate_initial(const Network& network) {
  const at::NoGradGuard no_grad;
  network.set_training(false);
  for (std::size_t task = 0; task < plan_->tasks.size(); ++task) {
    evaluate_task(-1, task, &network, nullptr);
  }
  network.set_training(true);
}

std::int64_t Evaluator::evaluate(std::int64_t row, const Network* network,
                                 const ModelProxy& model) {
  const auto rows = static_cast<std::int64_t>(plan_->experiences.size());
  if (learner_.trains == Trains::kLastTask && row + 1 < rows) {
    return 0;
  }
  std::int64_t not_finite = 0;
  const at::NoGradGuard no_grad;
  if (network != nullptr) {
    network->set_training(false);
  }
  model.set_training(false);
  const auto classes = learned(row);
  for (std::size_t task = 0; task < plan_->tasks.size(); ++task) {
    const auto& outputs = plan_->tasks[task].outputs;
    const bool reachable =
        network == nullptr || outputs.empty() || outputs.back() < network->head().outputs();
    const bool known = learner_.zero_shot || std::includes(classes.begin(), classes.end(),
                                                           outputs.begin(), outputs.end());
    if (seen(row, task) || (options_.unseen_tasks && reachable && known)) {
      const auto found = evaluate_task(row, task, network, &model);
      not_finite += seen(row, task) ? found : 0;
    }
  }
  model.set_training(true);
  if (network != nullptr) {
    network->set_training(true);
  }
  return not_finite;
}

std::map<std::string, std::string> Evaluator::notes() const {
  const std::string right = "every answer is right by definition";
  std::map<std::string, std::string> notes;
  const auto& tasks = plan_->tasks;
  const auto of_one_class = static_cast<std::size_t>(std::count_if(
      tasks.begin(), tasks.end(), [](const TaskPlan& task) { return task.outputs.size() == 1; }));
  if (matrices_.count("task-il") != 0 && of_one_class > 0) {
    notes["task-il"] = right + " in " + std::to_string(of_one_class) + " of " +
                       std::to_string(tasks.size()) + " tasks, which have one class each";
  }
  std::size_t rows = 0;  // after which one class is allowed; the classes seen only grow
  const auto experiences = plan_->experiences.size();
  while (rows < experiences &&
         allowed(static_cast<std::int64_t>(rows), plan_->n_outputs).size() == 1) {
    ++rows;
  }
  if (matrices_.count("class-il") != 0 && rows > 0) {
    notes["class-il"] = right + " after " + std::to_string(rows) + " of " +
                        std::to_string(experiences) +
                        " experiences, while one class alone has been seen";
  }
  if (matrices_.count("domain-il") != 0 && plan_->n_outputs == 1) {
    notes["domain-il"] = right + ": there is one output";
  }
  return notes;
}

void Evaluator::state(Archive& archive) {
  for (auto& [scenario, matrix] : matrices_) {
    archive.record(scenario.c_str(), [&, &m = matrix] {
      std::vector<double> cells;  // row by row, the initial row first; -1 = absent
      const auto columns = m.columns();
      for (std::size_t c = 0; c < columns; ++c) {
        cells.push_back(m.initial(c).value_or(-1.0));
      }
      for (std::size_t r = 0; r < m.rows(); ++r) {
        for (std::size_t c = 0; c < columns; ++c) {
          cells.push_back(m.at(r, c).value_or(-1.0));
        }
      }
      archive("cells", cells);
      for (std::size_t i = 0; archive.loading() && i < cells.size(); ++i) {
        if (cells[i] >= 0) {
          i < columns ? m.set_initial(i, cells[i]) : m.set(i / columns - 1, i % columns, cells[i]);
        }
      }
    });
  }
}

}  // namespace clh::core
