#include "core/stream/stream_plan.hpp"

#include <functional>
#include <string>
#include <vector>

#include "core/random/rng_streams.hpp"
#include "core/stream/epoch_order.hpp"
#include "core/stream/permuted.hpp"
#include "tests/core/stream/tiny_dataset.hpp"
#include <gtest/gtest.h>

namespace stream_plan_test {

using clh::core::build_permuted;
using clh::core::hash;
using clh::core::Scenario;
using clh::core::StreamPlan;
using clh::core::TaskPlan;

StreamPlan permuted(std::uint64_t seed) {
  const TinyDataset dataset(3, 4, 2);
  return build_permuted({}, Scenario::kDomainIl, dataset.labels, seed);
}

// With Python: text(t) is struct.pack("<q", len(t)) + t, list(l) its length and "<q" numbers,
// digest(l) the hex SHA-256 of the numbers alone; the SHA-256 of text(b"clh-task 2") + list([7]) +
// list([0]) + list([]) + text(digest([1, 2])) + text(digest([])) + text(digest([])) + list([-1]).
TEST(PlanHash, IsPinned) {
  TaskPlan task;
  task.classes = {7};
  task.outputs = {0};
  task.train = {1, 2};
  task.pixel_map = {-1};
  EXPECT_EQ(hash(task), "758538910c4e75e296f078d47779bcf231a27877ef9cdb094088c1584531701c");
}

TEST(PlanHash, IsEqualForEqualSeedsOnly) {
  EXPECT_EQ(hash(permuted(0)), hash(permuted(0)));
  EXPECT_NE(hash(permuted(0)), hash(permuted(1)));
}

TEST(PlanHash, SeesEveryNumberOfAPlan) {
  const StreamPlan plan = permuted(0);
  const std::vector<std::function<void(StreamPlan&)>> changes = {
      [](StreamPlan& p) { p.tasks.pop_back(); },
      [](StreamPlan& p) { p.experiences[0].push_back(1); },
      [](StreamPlan& p) { ++p.n_outputs; },
      [](StreamPlan& p) { ++p.outputs_after.back(); },
      [](StreamPlan& p) { p.scenario = "task-il"; },
      [](StreamPlan& p) { ++p.sample_shape[0]; },
      [](StreamPlan& p) { ++p.tasks[1].classes[0]; },
      [](StreamPlan& p) { ++p.tasks[1].outputs[0]; },
      [](StreamPlan& p) { ++p.tasks[1].label_map[0]; },
      [](StreamPlan& p) { p.tasks[1].train = {0}; },
      [](StreamPlan& p) { p.tasks[1].test = {0}; },
      [](StreamPlan& p) { p.tasks[1].valid = {0}; },
      [](StreamPlan& p) { p.tasks[1].pixel_map.clear(); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    StreamPlan changed = plan;
    changes[i](changed);
    EXPECT_NE(hash(changed), hash(plan)) << "change " << i;
  }
}

TEST(PlanHash, IgnoresTextsForPeople) {
  StreamPlan plan = permuted(0);
  const std::string before = hash(plan);
  plan.tasks[0].name = "other";
  plan.tasks[0].transform = "other";
  EXPECT_EQ(hash(plan), before);
}

// A run draws from `shuffle`, buffers and models; none of it reaches the plan, whose builders take
// labels, options and seed alone.
TEST(PlanHash, IsNotMovedByTraining) {
  const std::string before = hash(permuted(5));
  const StreamPlan plan = permuted(5);
  clh::core::RngStreams streams(5);
  std::uint64_t word = 0;
  streams.stream("model", "buffer.sample").words(&word, 1);
  streams.stream("", "task").words(&word, 1);
  clh::core::epoch_order(plan, 0, 0, 5);
  EXPECT_EQ(hash(plan), before);
  EXPECT_EQ(hash(permuted(5)), before);
}

}  // namespace stream_plan_test
