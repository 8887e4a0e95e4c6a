#include "core/stream/stream_plan.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/files/sha256.hpp"

namespace clh::core {
namespace {

/// Gathers numbers, lists and texts as the bytes that are hashed.
class Canonical {
 public:
  explicit Canonical(const std::string& kind) { add(kind); }

  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_ += static_cast<char>(static_cast<std::uint64_t>(number) >> shift);
    }
  }
  template <class Number>
  void add(const std::vector<Number>& numbers) {
    add(static_cast<std::int64_t>(numbers.size()));
    for (const Number& number : numbers) {
      add(static_cast<std::int64_t>(number));
    }
  }
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes_ += text;
  }
  std::string hash() const { return sha256_hex(bytes_.data(), bytes_.size()); }

 private:
  std::string bytes_;
};

void require_samples(const TaskPlan& task, const SampleList& samples, const std::string& what) {
  if (samples.empty()) {
    throw Error("bad-data", "task " + task.name + ": expected " + what + " samples, found none",
                "add samples of these classes to both splits, or put more classes into a task: "
                "stream.classes-per-task",
                kExitUsage);
  }
}

}  // namespace

void set_experiences(StreamPlan& plan, std::vector<std::vector<int>> experiences) {
  for (const TaskPlan& task : plan.tasks) {
    require_samples(task, task.train, "training");
    require_samples(task, task.test, "test");
  }
  plan.experiences = std::move(experiences);
  plan.outputs_after.clear();
  std::int64_t seen = 0;
  for (const auto& tasks : plan.experiences) {
    for (const int task : tasks) {
      seen = std::max(seen, plan.tasks[static_cast<std::size_t>(task)].outputs.back() + 1);
    }
    plan.outputs_after.push_back(seen);
  }
}

std::vector<std::vector<int>> one_by_one(const StreamPlan& plan) {
  std::vector<std::vector<int>> experiences;
  for (std::size_t task = 0; task < plan.tasks.size(); ++task) {
    experiences.push_back({static_cast<int>(task)});
  }
  return experiences;
}

std::string hash(const TaskPlan& task) {
  Canonical canonical("clh-task 2");
  canonical.add(task.classes);
  canonical.add(task.outputs);
  canonical.add(task.label_map);
  canonical.add(task.train.hash());
  canonical.add(task.test.hash());
  canonical.add(task.valid.hash());
  canonical.add(task.pixel_map);
  return canonical.hash();
}

std::string hash(const StreamPlan& plan) {
  Canonical canonical("clh-plan 2");
  canonical.add(static_cast<std::int64_t>(plan.tasks.size()));
  for (const TaskPlan& task : plan.tasks) {
    canonical.add(hash(task));
  }
  canonical.add(static_cast<std::int64_t>(plan.experiences.size()));
  for (const auto& tasks : plan.experiences) {
    canonical.add(tasks);
  }
  canonical.add(plan.n_outputs);
  canonical.add(plan.outputs_after);
  canonical.add(plan.scenario);
  canonical.add(plan.sample_shape);
  return canonical.hash();
}

std::string class_name(const DatasetLabels& labels, std::int64_t class_id) {
  const auto at = static_cast<std::size_t>(class_id);
  return at < labels.class_names.size() ? labels.class_names[at] : std::to_string(class_id);
}

}  // namespace clh::core
