// What resolve_config() says when it refuses.

#include "core/options/resolve_config.hpp"
#include "tests/core/options/fake_components.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace config_errors_test {

constexpr const char* kSectionNames =
    "run, dataset, stream, backbone, head, model, optimizer, train, eval";

class ConfigErrors : public testing::Test {
 protected:
  ConfigErrors() : schema_(fake_schema(catalogue_)) {}

  Refusal refuse(const std::vector<std::string>& overrides) const {
    return refusal_of([&] { resolve_config(schema_, {std::nullopt, overrides, {"/srv", ""}}); });
  }
  Refusal refuse_file(const std::filesystem::path& file) const {
    return refusal_of([&] { resolve_config(schema_, {file, {}, {"/srv", ""}}); });
  }
  std::filesystem::path write(const std::string& text) const {
    return folder_.write("exp.toml", text);
  }

  FakeCatalogue catalogue_;
  ConfigSchema schema_;
  clh::test::TemporaryDirectory folder_;
};

TEST_F(ConfigErrors, UnknownSectionNamesTheNearestKey) {
  const auto refusal = refuse({"modle.buffer-size=5"});
  EXPECT_EQ(refusal.slug, "unknown-option");
  EXPECT_EQ(refusal.text, std::string("[modle]: expected one of the sections ") + kSectionNames +
                              ", found an unknown one");
  EXPECT_EQ(refusal.fix, "did you mean \"model.buffer-size\"?");
  EXPECT_EQ(refusal.exit_code, 2);
  EXPECT_EQ(refuse({"modle.strength=5", "model=ewc"}).fix, "did you mean \"model.strength\"?");
  EXPECT_EQ(refuse({"modle.something-else=5"}).fix, "did you mean \"model\"?");
  EXPECT_EQ(refuse({"zzzzzzzzz.something-else=5"}).fix, "use one of them");
}

TEST_F(ConfigErrors, UnknownSectionOfAFileNamesTheNearestSection) {
  EXPECT_EQ(refuse_file(write("[modle]\nname = \"er\"\n")).fix, "did you mean \"model\"?");
  EXPECT_EQ(refuse_file(write("[optimiser]\nlr = 1\n")).fix, "did you mean \"optimizer\"?");
  EXPECT_EQ(refuse_file(write("[optimiser]\n")).fix, "did you mean \"optimizer\"?");
}

TEST_F(ConfigErrors, UnknownSectionIsReportedBeforeAnUnknownComponent) {
  EXPECT_EQ(refuse({"model=zzz", "optimiser.lr=1"}).fix, "did you mean \"optimizer.lr\"?");
}

TEST_F(ConfigErrors, AnOptionOutsideItsSectionIsFound) {
  const auto refusal = refuse({"epochs=5"});
  EXPECT_EQ(refusal.slug, "unknown-option");
  EXPECT_EQ(refusal.text,
            std::string("epochs: expected benchmark or an option in one of the sections ") +
                kSectionNames + ", found an unknown key");
  EXPECT_EQ(refusal.fix, "did you mean \"train.epochs\"?");
  EXPECT_EQ(refuse({"batchsize=5"}).fix, "did you mean \"train.batch-size\"?");
  EXPECT_EQ(refuse({"bufer-size=5"}).fix, "did you mean \"model.buffer-size\"?");
  EXPECT_EQ(refuse({"benchmrk=x"}).fix, "did you mean \"benchmark\"?");
  EXPECT_EQ(refuse({"zzzzzzzz=5"}).fix, "write it as SECTION.zzzzzzzz with one of these sections");
}

TEST_F(ConfigErrors, UnknownOptionsOfEverySort) {
  const auto host = refuse({"train.epoch=5"});
  EXPECT_EQ(host.text, "[train] epoch: expected an option of train, found an unknown key");
  EXPECT_EQ(host.fix, "did you mean \"train.epochs\"?");
  const auto named = refuse({"optimizer.momentm=1"});
  EXPECT_EQ(named.text,
            "[optimizer] momentm: expected an option of optimizer sgd, found an unknown key");
  EXPECT_EQ(named.fix, "did you mean \"optimizer.momentum\"?");
  const auto plugin = refuse({"model.bufer-size=5"});
  EXPECT_EQ(plugin.text,
            "[model] bufer-size: expected an option of org.clh.er/er, found an unknown key");
  EXPECT_EQ(plugin.fix, "did you mean \"buffer-size\"? cl-host describe er");
  EXPECT_EQ(refuse({"head.x=1"}).fix, "remove it");
}

TEST_F(ConfigErrors, BadValues) {
  const auto refusal = refuse({"model.buffer-size=0"});
  EXPECT_EQ(refusal.slug, "bad-option");
  EXPECT_EQ(refusal.text, "[model] buffer-size: expected an integer >= 1, found 0");
  EXPECT_EQ(refusal.fix, "set it to 500, the default");
  EXPECT_EQ(refuse({"optimizer.momentum=1"}).text,
            "[optimizer] momentum: expected a number in [0, 1), found 1");
  EXPECT_EQ(refuse({"stream.scenario=class"}).text,
            "[stream] scenario: expected one of class-il, task-il, domain-il, task-free, found "
            "\"class\"");
  EXPECT_EQ(refuse({"train.epochs.x=1"}).text,
            "[train] epochs: expected an integer >= 0, found a table");
}

TEST_F(ConfigErrors, SectionsThatAreNoTables) {
  const auto refusal = refuse_file(write("model = 3\n"));
  EXPECT_EQ(refusal.slug, "bad-option");
  EXPECT_EQ(refusal.text, "[model]: expected a table, found 3");
  EXPECT_EQ(refusal.fix, "write its options as model.OPTION=VALUE");
  EXPECT_EQ(refuse({"train=5"}).text,
            "[train] name: expected an option of train, found an unknown key");
}

TEST_F(ConfigErrors, NamesOfTheHostsOwnTables) {
  const auto refusal = refuse({"optimizer=sdg"});
  EXPECT_EQ(refusal.slug, "unknown-component");
  EXPECT_EQ(refusal.text, "[optimizer] name: expected one of adam, sgd, found \"sdg\"");
  EXPECT_EQ(refusal.fix, "did you mean \"sgd\"?");
  EXPECT_EQ(refuse({"head=zzzz"}).fix, "set head.name to one of them");
  EXPECT_EQ(refuse_file(write("[head]\nname = 3\n")).text,
            "[head] name: expected one of cosine, fixed, found 3");
  schema_.head.default_name.clear();
  EXPECT_EQ(refuse({"benchmark=none", "dataset=mnist", "backbone=mlp"}).text,
            "[head] name: expected one of cosine, fixed, found none");
}

TEST_F(ConfigErrors, Benchmarks) {
  const auto refusal = refuse({"benchmark=split-mnit"});
  EXPECT_EQ(refusal.slug, "bad-option");
  EXPECT_EQ(refusal.text,
            "benchmark: expected one of none, permuted-fashion-mnist, permuted-mnist, "
            "rotated-fashion-mnist, rotated-mnist, split-fashion-mnist, split-mnist, found "
            "\"split-mnit\"");
  EXPECT_EQ(refusal.fix, "did you mean \"split-mnist\"?");
  EXPECT_EQ(refuse_file(write("benchmark = 3\n")).text,
            "benchmark: expected the name of a benchmark, found 3");
}

TEST_F(ConfigErrors, Usage) {
  EXPECT_EQ(refuse({"model.buffer-size"}).slug, "usage");
}

TEST_F(ConfigErrors, Files) {
  const auto missing = refuse_file(folder_.path() / "no.toml");
  EXPECT_EQ(missing.slug, "bad-config");
  EXPECT_EQ(missing.text, (folder_.path() / "no.toml").string() +
                              ": expected a configuration file, found no such file");
  EXPECT_EQ(missing.fix, "name a TOML file that can be read");
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(refuse_file(folder_.path()).text,
            folder_.path().string() + ": expected a configuration file, found a directory");
  const auto file = write("[model]\nname = \n");
  const auto syntax = refuse_file(file);
  EXPECT_EQ(syntax.slug, "bad-config");
  EXPECT_EQ(syntax.text.find(file.string() + " line 2 column 8: expected TOML, found"), 0u)
      << syntax.text;
}

}  // namespace config_errors_test
}  // namespace clh::core
