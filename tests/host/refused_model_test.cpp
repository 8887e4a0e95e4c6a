// A model outside its scenarios: what the refusal says, and that what it says to add is accepted.
#include <iterator>
#include <set>
#include <sstream>

#include "tests/host/host_test.hpp"

namespace clh::test {
namespace refused_model_test {

class RefusedModel : public HostTest {};

TEST_F(RefusedModel, ModelOutsideItsScenario) {
  const auto some = copy_plugins("some", {"agem", "er", "lwf", "sgd", "mlp", "fashion_mnist"});
  for (const std::string model : {"lwf", "agem"}) {
    expect_error(host({"train", "--no-default-plugins", "--plugin-dir", some, "model=" + model,
                       "stream.scenario=task-free"}),
                 2,
                 "[unsupported]: model " + model +
                     ": expected support for task-free, found class-il, domain-il, task-il",
                 "add stream.scenario=class-il, or use one of the installed models with task-free: "
                 "er, sgd");
  }
}

// The words to add, with the head that the scenario has and the backbone that the model needs.
TEST_F(RefusedModel, ARefusedModelIsToldWhatToAdd) {
  const auto some =
      copy_plugins("some", {"cwr_star", "er", "icarl", "lfl", "lwf", "pnn", "mlp", "cnn"});
  const auto added = [&](const Words& words) {
    const auto result =
        host(Words{"train", "--dry-run", "dataset=tiny-pictures", "--no-default-plugins",
                   "--plugin-dir", some, "--plugin-dir", in_build("tests/host/plugins")} +
             words);
    EXPECT_EQ(result.exit_code, 2) << result.out;
    const auto fix = result.err.find("\n  fix: ") + 8;
    return result.err.substr(fix, result.err.find_first_of(",\n", fix) - fix);
  };
  const std::string multi_head = "add stream.scenario=task-il head=multi-head";
  EXPECT_EQ(added({"model=pnn"}), multi_head);
  EXPECT_EQ(added({"model=pnn", "head=incremental"}), "add stream.scenario=task-il");
  EXPECT_EQ(added({"model=pnn", "backbone=cnn"}), multi_head + " backbone=mlp");
  EXPECT_EQ(added({"model=lfl"}), multi_head);
  EXPECT_EQ(added({"model=icarl", "stream=permuted", "stream.tasks=2"}), multi_head);
  EXPECT_EQ(added({"model=lfl", "stream=rotated", "stream.scenario=class-il"}),
            "add stream.scenario=domain-il");
  EXPECT_EQ(added({"model=cwr-star", "stream.scenario=task-il", "head=multi-head"}),
            "add stream.scenario=class-il head=fixed");
  EXPECT_EQ(added({"model=cwr-star", "head=multi-head"}), "set head=fixed") << "it has no task-il";
  EXPECT_EQ(added({"model=lwf", "head=multi-head"}), "set stream.scenario=task-il");
}

TEST_F(RefusedModel, TheFixOfEveryModelThatRefusesTheDefaultJobIsAccepted) {
  const auto listed = nlohmann::json::parse(host({"list", "models", "--json"}).out);
  std::set<std::string> refused;
  for (const auto& model : listed) {
    const auto capabilities = " " + model["capabilities"].get<std::string>() + " ";
    if (capabilities.find(" class-il ") != std::string::npos) {
      continue;  // the scenario of the default job
    }
    const auto name = model["name"].get<std::string>();
    SCOPED_TRACE(name);
    refused.insert(name);
    const Words job = tiny({"train.iterations=2", "run.record=false", "model=" + name});
    const auto refusal = host(job);
    EXPECT_EQ(refusal.exit_code, 2);
    const std::string before = "\n  fix: add ";
    const auto at = refusal.err.find(before);
    ASSERT_NE(at, std::string::npos) << refusal.err;
    EXPECT_NE(refusal.err.find(", or use one of the installed models with class-il: "),
              std::string::npos)
        << refusal.err;
    std::istringstream fix(
        refusal.err.substr(at + before.size(), refusal.err.find(", or ", at) - at - before.size()));
    const Words added{std::istream_iterator<std::string>(fix), {}};
    EXPECT_EQ(host(job + added + Words{"--dry-run"}).exit_code, 0) << refusal.err;
    const auto trained = host(job + added);
    EXPECT_EQ(trained.exit_code, 0) << trained.err;
  }
  for (const std::string name : {"adahat", "hat", "independent", "lfl", "packnet", "pnn", "wsn"}) {
    EXPECT_EQ(refused.count(name), 1U) << name;
  }
}

}  // namespace refused_model_test
}  // namespace clh::test
