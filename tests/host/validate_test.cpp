// cl-host validate from outside: which defect of a plugin is caught under which name.
#include <algorithm>
#include <map>
#include <sstream>

#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace validate_test {

using nlohmann::json;

class Validate : public HostTest {
 protected:
  static std::string plugin() { return in_build("tests/host/validate/defective_plugin.so"); }

  /// Validates the plugin with one defect; "" = none.
  ProcessResult validate(const std::string& defect, const Words& more = {}) const {
    auto wanted = request(Words{"validate", plugin()} + more);
    wanted.environment["CLH_DEFECT"] = defect;
    return run_process(wanted);
  }

  /// The checks that failed, by name, with their verdicts.
  static std::map<std::string, json> failures(const ProcessResult& result) {
    std::map<std::string, json> failed;
    const auto document = json::parse(result.out);
    for (const auto& check : document.at("files").at(0).at("checks")) {
      if (check.at("verdict") == "failed" || check.at("verdict") == "crashed" ||
          check.at("verdict") == "timed-out") {
        failed[check.at("name")] = check;
      }
    }
    return failed;
  }

  /// Whether the table has a line with this check and what follows it.
  static bool has_line(const std::string& table, const std::string& check,
                       const std::string& verdict) {
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string name, rest;
      words >> name >> std::ws;
      std::getline(words, rest);
      if (name == check && rest == verdict) {
        return true;
      }
    }
    return false;
  }

  /// Expects exactly these checks to fail.
  void expect_failures(const std::string& defect, const Words& more, const Words& names) const {
    const auto result = validate(defect, Words{"--json"} + more);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    Words found;
    for (const auto& entry : failures(result)) {
      found.push_back(entry.first);
    }
    EXPECT_EQ(found, names) << result.out;
  }
};

TEST_F(Validate, AGoodPluginPasses) {
  const auto result = validate("");
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out.find("FAILED"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("state.resume"), std::string::npos) << result.out;
}

// The three defects that the contract's proof asks for.
TEST_F(Validate, AStateThatLies) {
  expect_failures("state", {}, {"state.resume", "state.second-save"});
}

TEST_F(Validate, ATableShorterThanItSays) {
  const auto result = validate("table", {"--json", "--include", "behave.table"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const auto failed = failures(result);
  ASSERT_EQ(failed.count("behave.table"), 1U) << result.out;
  EXPECT_EQ(failed.at("behave.table").at("component"), "encoder:defective-plugin");
  EXPECT_EQ(failed.at("behave.table").at("found"),
            "neither in number 3: a shorter table than it says");
}

TEST_F(Validate, AThreadLeftBehind) {
  expect_failures("thread", {"--exclude", "life.cycles"}, {"life.threads"});
}

TEST_F(Validate, OtherDefectsByName) {
  expect_failures("print", {"--include", "behave.silent"}, {"behave.silent"});
  expect_failures("environment", {"--include", "behave.process"}, {"behave.process"});
  expect_failures("static", {"--include", "behave.independent"}, {"behave.independent"});
  expect_failures("locale", {"--include", "load"}, {"load.environment"});
  expect_failures("descriptor", {"--include", "life.descriptors"}, {"life.descriptors"});
  expect_failures("memory", {"--include", "life.cycles"}, {"life.cycles"});
}

TEST_F(Validate, ACrashHasTheNameOfItsCheck) {
  const auto result = validate("crash", {"--include", "behave.(create|bits|bad-input)"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(has_line(result.out, "behave.bits", "Crashed (SIGSEGV)")) << result.out;
  // A fresh child went on behind it.
  EXPECT_TRUE(has_line(result.out, "behave.create", "passed")) << result.out;
  EXPECT_NE(result.out.find("behave.bad-input  "), std::string::npos) << result.out;
}

TEST_F(Validate, AHangHasTheNameOfItsCheck) {
  const auto result = validate("hang", {"--include", "behave.(create|bits)", "--timeout", "6"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(has_line(result.out, "behave.bits", "Timed out")) << result.out;
  EXPECT_NE(result.out.find("no return after 6 s"), std::string::npos) << result.out;
}

TEST_F(Validate, EndingTheProcessIsACrashToo) {
  const auto failed = failures(validate("exit", {"--json", "--include", "behave.bits"}));
  ASSERT_EQ(failed.count("behave.bits"), 1U);
  EXPECT_EQ(failed.at("behave.bits").at("verdict"), "crashed");
  EXPECT_EQ(failed.at("behave.bits").at("found"), "exit(0)");
}

TEST_F(Validate, ACrashAtTheEndOfTheProcess) {
  const auto failed =
      failures(validate("exit-crash", {"--json", "--include", "behave.create|life.exit"}));
  ASSERT_EQ(failed.count("life.exit"), 1U);
  EXPECT_EQ(failed.at("life.exit").at("verdict"), "crashed");
}

TEST_F(Validate, WhatCannotBeLoadedIsNotTriedFurther) {
  const auto result = validate("load-crash", {"--json"});
  EXPECT_EQ(result.exit_code, 1);
  const auto document = json::parse(result.out);
  const auto& file = document.at("files").at(0);
  EXPECT_EQ(file.at("counts").at("crashed"), 1);
  EXPECT_EQ(file.at("counts").at("failed"), 0);
  EXPECT_EQ(failures(result).count("load.opens"), 1U);
  EXPECT_EQ(file.at("checks").back().at("verdict"), "skipped");
  EXPECT_EQ(file.at("checks").back().at("found"), "not tried: load.opens crashed");
}

TEST_F(Validate, JsonNamesEveryCheck) {
  const auto result = validate("", {"--json", "--include", "tables"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto document = json::parse(result.out);
  EXPECT_EQ(document.at("schema"), "cl-host.validate/1");
  EXPECT_EQ(document.at("passed"), true);
  const auto& file = document.at("files").at(0);
  EXPECT_EQ(file.at("file"), std::filesystem::canonical(plugin()).string());
  EXPECT_EQ(file.at("plugin"), "org.clh.test.defective-plugin 0.1.0");
  EXPECT_EQ(file.at("counts").at("passed"), file.at("checks").size());
  for (const auto& check : file.at("checks")) {
    for (const char* key : {"name", "component", "verdict", "expected", "found", "seconds"}) {
      EXPECT_TRUE(check.contains(key)) << key;
    }
  }
}

TEST_F(Validate, IncludeAndExcludeChooseChecks) {
  const auto names = [&](const Words& words) {
    Words found;
    const auto document = json::parse(validate("", words).out);
    for (const auto& check : document.at("files").at(0).at("checks")) {
      found.push_back(check.at("name"));
    }
    return found;
  };
  const auto has = [](const Words& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  const auto chosen = names({"--json", "--include", "stack|unknown", "--exclude", "unknown"});
  EXPECT_TRUE(has(chosen, "static.stack"));
  EXPECT_TRUE(has(chosen, "load.opens")) << "gates stay";
  EXPECT_FALSE(has(chosen, "tables.unknown"));
  EXPECT_FALSE(has(chosen, "static.floor"));
  EXPECT_TRUE(has(names({"--json", "--include", "encoder:defective-plugin behave.create"}),
                  "behave.create"));
}

TEST_F(Validate, InProcessGivesTheSameVerdicts) {
  const Words checks{"--include", "load|tables|behave.create"};
  const auto inside = validate("", checks + Words{"--in-process", "--json"});
  const auto outside = validate("", checks + Words{"--json"});
  EXPECT_EQ(inside.exit_code, 0) << inside.out << inside.err;
  EXPECT_EQ(json::parse(inside.out).at("files").at(0).at("counts"),
            json::parse(outside.out).at("files").at(0).at("counts"));
}

TEST_F(Validate, UsageErrors) {
  const auto refuse = [&](const Words& words, const std::string& text) {
    const auto result = host(Words{"validate"} + words);
    EXPECT_EQ(result.exit_code, 2) << result.err;
    EXPECT_EQ(result.err.rfind("error[usage]: validate: " + text, 0), 0U) << result.err;
    EXPECT_EQ(result.out, "");
  };
  refuse({}, "expected at least one plugin file, found none");
  refuse({"no-such.so"}, "expected a plugin file, found \"no-such.so\"");
  refuse({folder()}, "expected a plugin file");
  refuse({plugin(), "--include", "("},
         "expected a regular expression after --include, found \"(\"");
  refuse({plugin(), "--includes", "x"}, "expected a known flag");
}

TEST_F(Validate, NoPluginAtAllFails) {
  std::ofstream(folder() / "text.so") << "hello\n";
  const auto result = host({"validate", "text.so"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(has_line(result.out, "static.elf", "FAILED")) << result.out;
  EXPECT_NE(result.out.find("not tried: static.elf failed"), std::string::npos) << result.out;
}

TEST_F(Validate, HelpHasExamples) {
  const auto result = host({"validate", "--help"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_NE(result.out.find("cl-host validate build/my_model.so"), std::string::npos);
  EXPECT_EQ(result.out.find("--report-to"), std::string::npos) << "the child's side is hidden";
}

}  // namespace validate_test
}  // namespace clh::test
