// Every model through one contract, on made-up data: finite loss, shapes, options, state, seeds.
#include <torch/torch.h>

#include <cmath>
#include <cstring>
#include <iterator>
#include <sstream>

#include "core/error.hpp"
#include "tests/support/test_run.hpp"
#include <gtest/gtest.h>

namespace {

using clh::test::TestRun;
using Words = std::vector<std::string>;

class ModelContract : public testing::TestWithParam<const char*> {
 protected:
  /// The parameter: a model's name, and perhaps words that keep it short.
  static Words job(Words more = {}) {
    std::istringstream parameter(std::string("model=") + GetParam());
    Words words{std::istream_iterator<std::string>(parameter), {}};
    words.insert(words.end(), {"dataset=tiny", "train.iterations=8"});
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
};

struct Watch final : clh::core::LoopObserver {
  std::vector<double> losses;
  void stepped(const clh::core::CurvePoint& point) override { losses.push_back(point.loss); }
};

TEST_P(ModelContract, LossIsFiniteAndPredictionsAreOutputs) {
  TestRun run(job());
  Watch watch;
  auto loop = run.experiment().loop(watch);
  loop.run();
  ASSERT_EQ(watch.losses.size(), 40U);
  for (const double loss : watch.losses) {
    EXPECT_TRUE(std::isfinite(loss));
  }
  for (const auto& [setting, matrix] : run.experiment().matrices()) {
    EXPECT_TRUE(matrix.complete(4)) << setting;
  }
}

// Batches of 1, 7, 13 and a rest: a model may not count on the size of the first.
TEST_P(ModelContract, TakesBatchesOfAnySize) {
  for (const char* size : {"1", "7", "13"}) {
    TestRun run(job({std::string("train.batch-size=") + size, "eval.future=false"}));
    run.train();
    EXPECT_TRUE(std::isfinite(run.values().sum().item<double>())) << size;
  }
}

TEST_P(ModelContract, PredictingChangesNothing) {
  TestRun run(job());
  run.train(12);
  const auto before = run.values();
  const auto& model = run.experiment().model();
  const auto x = torch::rand({5, 1, 28, 28});
  const torch::NoGradGuard no_grad;
  if (model.predicts()) {
    const clh_query query{sizeof(clh_query), -1, clh::lend(x)};
    const auto outputs = model.predict(query);
    EXPECT_EQ(outputs.sizes(), (std::vector<std::int64_t>{5, 10}));
    EXPECT_TRUE(torch::equal(outputs, model.predict(query)));
  }
  EXPECT_TRUE(torch::equal(before, run.values()));
}

TEST_P(ModelContract, SameSeedSameBitsOtherSeedOtherBits) {
  TestRun a(job()), b(job()), c(job({"run.seed=1"}));
  for (auto* run : {&a, &b, &c}) {
    run->train();
  }
  EXPECT_TRUE(torch::equal(a.values(), b.values()));
  EXPECT_FALSE(torch::equal(a.values(), c.values()));
}

TEST_P(ModelContract, SavingTwiceGivesTheSameState) {
  TestRun run(job());
  run.train(20);
  const auto first = run.save();
  const auto second = run.save();
  const auto& a = first->children.at("model")->values;
  const auto& b = second->children.at("model")->values;
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [key, value] : a) {
    if (const auto* tensor = std::get_if<at::Tensor>(&value)) {
      const auto& other = std::get<at::Tensor>(b.at(key));
      EXPECT_TRUE(tensor->defined() == other.defined() &&
                  (!tensor->defined() ||
                   std::memcmp(tensor->data_ptr(), other.data_ptr(), tensor->nbytes()) == 0))
          << key;
    } else {
      EXPECT_TRUE(value.index() == b.at(key).index()) << key;
    }
  }
}

TEST_P(ModelContract, LoadingAnEmptyStateIsAnErrorIfThereIsState) {
  TestRun run(job());
  const auto state = run.save();
  const auto& model = *state->children.at("model");
  if (model.values.empty() && model.children.empty()) {
    return;  // a model without state loads anything
  }
  state->children["model"] = std::make_unique<clh::core::StateRecord>();
  TestRun other(job());
  EXPECT_ANY_THROW(other.load(*state));
}

/// Two steps a task with one option changed. Where that contradicts another option, the model must
/// say so in a sentence that names the option.
void expect_works_or_is_refused(const Words& words, const std::string& option) {
  try {
    TestRun(words).train();
  } catch (const clh::core::Error& error) {
    const std::string text = error.what();
    EXPECT_EQ(error.exit_code(), clh::core::kExitUsage) << text;
    EXPECT_NE(text.find(option), std::string::npos) << text;
    EXPECT_NE(text.find("expected"), std::string::npos) << text;
  }
}

TEST_P(ModelContract, EveryOptionWorksAtItsBoundsOrIsRefused) {
  TestRun run(job());
  const auto& component = run.experiment().model().instance().component();
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    const auto& p = component.params[i];
    const auto expect = [&](const std::string& value) {
      const auto word = std::string("model.") + p.name + "=" + value;
      SCOPED_TRACE(word);
      expect_works_or_is_refused(job({word, "train.iterations=2", "eval.future=false"}), p.name);
    };
    const bool lowest = (p.flags & CLH_HAS_MIN) != 0 && (p.flags & CLH_OPEN_MIN) == 0;
    if (lowest && (p.type == CLH_INT || p.type == CLH_REAL)) {
      expect(p.type == CLH_INT ? std::to_string(static_cast<std::int64_t>(p.min))
                               : std::to_string(p.min));
    }
    for (int c = 0; p.type == CLH_CHOICE && p.choices[c] != nullptr; ++c) {
      expect(p.choices[c]);
    }
  }
}

// Parameters stay in the arena whatever a model does in two tasks.
TEST_P(ModelContract, ParametersStayInTheArena) {
  TestRun run(job());
  run.train();
  auto& arena = run.experiment().network()->arena();
  EXPECT_NO_THROW(arena.reattach());
  for (std::size_t i = 0; i < arena.leaves().size(); ++i) {
    EXPECT_EQ(arena.leaves()[i].data_ptr<float>(),
              arena.values().data_ptr<float>() + arena.slots()[i].offset);
  }
}

// Anchors are found along the gradient of the inputs, which a network of tables has none of.
TEST(Hal, RefusesABackboneWithoutInputGradientsBeforeItTrains) {
  TestRun run({"model=hal", "dataset=tiny", "backbone=lut", "backbone.widths=[60,40]"});
  Watch watch;
  auto loop = run.experiment().loop(watch);
  EXPECT_THROW(loop.run(), clh::core::Error);
  EXPECT_TRUE(watch.losses.empty());
}

INSTANTIATE_TEST_SUITE_P(Gated, ModelContract,
                         testing::Values("hat stream.scenario=task-il head=multi-head",
                                         "hat stream.scenario=task-il",
                                         "adahat stream.scenario=task-il head=multi-head", "cbp"));
INSTANTIATE_TEST_SUITE_P(TaskParts, ModelContract,
                         testing::Values("random-init", "independent stream.scenario=task-il",
                                         "lwf-mc", "lfl stream.scenario=task-il", "cwr-star",
                                         "packnet stream.scenario=task-il",
                                         "wsn stream.scenario=task-il",
                                         "pnn stream.scenario=task-il"));
INSTANTIATE_TEST_SUITE_P(BuiltIn, ModelContract,
                         testing::Values("sgd", "joint", "er", "der", "derpp", "agem", "ewc", "lwf",
                                         "agem-r", "er-ace", "fdr", "gss", "hal", "mer", "mir",
                                         "cumulative", "gdumb model.epochs=2", "gem", "icarl",
                                         "mas", "rwalk", "si", "ncm", "slda", "fecam", "bic",
                                         "lucir model.ft-epochs=2", "rpc",
                                         "generative-replay model.hidden=20", "er-aml", "scr",
                                         "cope", "xder model.n-aug=2"));

}  // namespace
