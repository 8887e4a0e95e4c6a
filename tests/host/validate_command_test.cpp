// cl-host validate from outside: what it makes of its flags, of a lock file, and of a plugin that
// meddles with the report or ends its process.
#include <map>

#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace validate_command_test {

using nlohmann::json;

class ValidateCommand : public HostTest {
 protected:
  static std::string plugin() { return in_build("tests/host/validate/defective_plugin.so"); }

  ProcessResult with_defect(const std::string& defect, const Words& words) const {
    auto wanted = request(words);
    wanted.environment["CLH_DEFECT"] = defect;
    return run_process(wanted);
  }
  ProcessResult validate(const std::string& defect, const Words& more) const {
    return with_defect(defect, Words{"validate", plugin(), "--json"} + more);
  }
  static json checks(const ProcessResult& result) {
    return json::parse(result.out).at("files").at(0).at("checks");
  }
  void refuse(const Words& words, const std::string& text, const std::string& fix) const {
    expect_error(host(Words{"validate", plugin()} + words), 2, "[usage]: validate: " + text, fix);
  }
};

TEST_F(ValidateCommand, AWriteToTheReportPipeIsNamed) {
  const auto result = validate("report", {"--include", "load"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  std::map<std::string, json> by_name;
  for (const auto& check : checks(result)) {
    by_name[check.at("name")] = check;
  }
  EXPECT_EQ(by_name.at("static.host").at("verdict"), "passed");
  EXPECT_EQ(by_name.at("load.opens").at("verdict"), "crashed") << result.out;
  EXPECT_EQ(by_name.at("load.opens").at("found"), "wrote to cl-host's report pipe");
  EXPECT_EQ(by_name.at("load.torch").at("found"), "not tried: load.opens crashed");
}

// It has read the token from the command line: still no more results than checks, and no other.
TEST_F(ValidateCommand, ForgedReportsAreNoResults) {
  const Words some = {"--include", "load.(opens|time|twice)"};
  const auto good = checks(validate("", some));
  const auto result = validate("report-forged", some);
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const auto forged = checks(result);
  ASSERT_EQ(forged.size(), good.size()) << result.out;
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_EQ(forged[i].at("name"), good[i].at("name"));
  }
  EXPECT_EQ(forged.back().at("verdict"), "skipped") << result.out;
}

TEST_F(ValidateCommand, AnotherLockRefusesThePlugin) {
  copy_plugins("mine", {"er"});
  const Words only = {"--no-default-plugins", "--plugin-dir", folder() / "mine"};
  EXPECT_EQ(host(Words{"lock"} + only).exit_code, 0);
  const auto file = std::filesystem::canonical(plugin()).string();
  const auto lock = (folder() / "plugins.lock").string();
  const auto message = "[not-locked]: " + file + ": expected a plugin of " + lock +
                       ", found org.clh.test.defective-plugin 0.1.0, which is not in it";
  const std::string fix = "check the plugins and run cl-host lock again";
  expect_error(host({"validate", plugin(), "--locked"}), 3, message, fix);
  expect_error(host({"validate", plugin(), "--lock-file", "plugins.lock"}), 3, message, fix);
  EXPECT_EQ(
      host({"validate", folder() / "mine" / "er.so", "--locked", "--include", "load"}).exit_code,
      0);
}

TEST_F(ValidateCommand, ALockFileThatIsNone) {
  expect_error(host({"validate", plugin(), "--locked"}), 2,
               "[bad-option]: " + (folder() / "plugins.lock").string() +
                   ": expected a lock file, found no such file",
               "write it with cl-host lock, or name another with --lock-file FILE");
  std::ofstream(folder() / "d.lock") << "\x01\xFF no lock";
  const auto damaged = host({"validate", plugin(), "--lock-file", "d.lock"});
  EXPECT_EQ(damaged.exit_code, 2);
  EXPECT_EQ(damaged.err.find("error[bad-config]: "), 0U) << damaged.err;
}

TEST_F(ValidateCommand, NumbersThatCannotBe) {
  const std::string fix = "cl-host validate --help";
  for (const std::string limit : {"inf", "nan", "1e300", "0", "-5", "0.5", "abc", "3s"}) {
    refuse({"--timeout", limit},
           "expected seconds from 1 to 1000000 after --timeout, found \"" + limit + '"', fix);
  }
  for (const std::string seed : {"-1", "18446744073709551616", "1.5", "x"}) {
    refuse({"--seed", seed},
           "expected a whole number from 0 to 18446744073709551615 after --seed, found \"" + seed +
               '"',
           fix);
  }
}

TEST_F(ValidateCommand, PatternsThatChooseNothing) {
  refuse({"--include", ""}, "expected a value after --include, found none",
         "cl-host validate --help");
  refuse({"--include="}, "expected a value after --include, found none", "cl-host validate --help");
  refuse({"--include", "nosuchcheck"},
         "expected a check whose name matches --include \"nosuchcheck\", found none",
         "leave --include out once: the report names every check");
  // A file that is no plugin is found out, whatever was to be looked at.
  std::ofstream(folder() / "text.so") << "hello\n";
  EXPECT_EQ(host({"validate", "text.so", "--include", "behave.bits"}).exit_code, 1);
}

TEST_F(ValidateCommand, TheChildsSideIsNotForUsers) {
  expect_error(host({"validate", plugin(), "--first", "0", "--report-to", "99:x"}), 2,
               "[usage]: validate: expected the pipe of a parent after --report-to, found none",
               "leave --report-to out");
}

TEST_F(ValidateCommand, ListRemembersWhatEndedAChild) {
  const Words list = {"list", "encoders", "--no-default-plugins", "--plugin", plugin()};
  EXPECT_EQ(validate("", {"--include", "load"}).exit_code, 0);
  EXPECT_EQ(host(list).out.find("crashed"), std::string::npos) << host(list).out;
  EXPECT_EQ(validate("load-crash", {"--include", "load"}).exit_code, 1);
  EXPECT_NE(host(list).out.find("  (crashed 20"), std::string::npos) << host(list).out;
}

TEST_F(ValidateCommand, ListRemembersAPluginThatHangsAtItsLoad) {
  const auto result = validate("load-hang", {"--include", "load", "--timeout", "8"});
  EXPECT_EQ(result.exit_code, 1) << result.out;
  const Words list = {"list", "encoders", "--no-default-plugins", "--plugin", plugin()};
  EXPECT_NE(host(list).out.find("  (hung 20"), std::string::npos) << host(list).out;
}

TEST_F(ValidateCommand, ACheckThatTakesLongIsNoHangOfThePlugin) {
  const auto result = validate("hang", {"--include", "behave.bits", "--timeout", "6"});
  EXPECT_EQ(result.exit_code, 1) << result.out;
  const Words list = {"list", "encoders", "--no-default-plugins", "--plugin", plugin()};
  EXPECT_EQ(host(list).out.find("hung"), std::string::npos) << host(list).out;
}

}  // namespace validate_command_test
}  // namespace clh::test
