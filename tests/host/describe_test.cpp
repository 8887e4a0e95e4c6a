#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace describe_test {

class Describe : public HostTest {};

TEST_F(Describe, Component) {
  const auto result = host({"describe", "er"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("er: Experience replay\nmodel org.clh.er/er\n"), 0U) << result.out;
  for (const std::string text :
       {"\ncapabilities: class-il, domain-il, task-il, task-free\n",
        "\nOPTION         TYPE     DEFAULT    VALUES ",
        "\nbuffer-size    integer  500        >= 1 ", "\nreplay-weight  real     none       >= 0 ",
        "exemplars kept in memory"}) {
    EXPECT_NE(result.out.find(text), std::string::npos) << text << "\nin\n" << result.out;
  }
  EXPECT_EQ(host({"describe", "org.clh.er/er"}).out, result.out);
}

TEST_F(Describe, ComponentAsJson) {
  const auto result = host({"describe", "er", "--json"});
  const auto document = nlohmann::json::parse(result.out);
  EXPECT_EQ(document["full-id"], "org.clh.er/er");
  EXPECT_EQ(document["kind"], "model");
  const auto& option = document["options"][0];
  EXPECT_EQ(option["name"], "buffer-size");
  EXPECT_EQ(option["type"], "integer");
  EXPECT_EQ(option["default"], 500);
  EXPECT_EQ(option["min"], 1);
  EXPECT_FALSE(option["doc"].get<std::string>().empty());
}

TEST_F(Describe, PartsOfTheHost) {
  const auto train = host({"describe", "train"});
  EXPECT_EQ(train.exit_code, 0);
  EXPECT_NE(train.out.find("\non-nan      choice   stop     stop, continue "), std::string::npos)
      << train.out;
  const auto split = nlohmann::json::parse(host({"describe", "stream.class-split", "--json"}).out);
  EXPECT_EQ(split[0]["name"], "scenario");
  EXPECT_EQ(split[0]["choices"],
            (std::vector<std::string>{"class-il", "domain-il", "task-il", "task-free"}));
  EXPECT_EQ(split[0]["default"], "class-il");
  for (const std::string name : {"permuted", "rotated"}) {
    const auto domains = nlohmann::json::parse(host({"describe", "stream." + name, "--json"}).out);
    EXPECT_EQ(domains[0]["default"], "domain-il") << name;
  }
}

TEST_F(Describe, UnknownNames) {
  const std::string expected =
      "[unknown-component]: describe: expected an installed component or a part of the host, "
      "found ";
  expect_error(host({"describe", "fashion-mnits"}), 2, expected + "\"fashion-mnits\"",
               "did you mean \"fashion-mnist\"? cl-host list; cl-host describe --help");
  expect_error(host({"describe", "optimizer"}), 2, expected + "\"optimizer\"",
               "choose one of optimizer.adam, optimizer.adamw, optimizer.sgd");
  expect_error(host({"describe", "models"}), 2, expected + "\"models\"",
               "choose one that cl-host list models shows");
  expect_error(host({"describe"}), 2, "[usage]: describe: expected one name, found none",
               "cl-host describe er");
}

TEST_F(Describe, NumbersThatCannotBe) {
  for (const std::string limit : {"0", "-5", "abc", "1000001"}) {
    expect_error(host({"describe", "er", "--timeout", limit}), 2,
                 "[usage]: describe: expected a whole number from 1 to 1000000 after --timeout, "
                 "found \"" +
                     limit + '"',
                 "cl-host describe --help");
  }
  expect_error(host({"describe", "er", "--answer", "99"}), 2,
               "[usage]: describe: expected a descriptor that can be written after --answer, found "
               "99",
               "leave --answer out");
  expect_error(host({"describe", "er", "--answer", "x"}), 2,
               "[usage]: describe: expected a number after --answer, found \"x\"",
               "cl-host describe --help");
}

TEST_F(Describe, DoctorReportsTheMachine) {
  const auto text = host({"doctor"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.err, "");
  for (const std::string& part :
       Words{"\n  libtorch ", "  BLIS (", "\n  CPU capability ", "\n  threads ",
             "\n  plugins, installed ", in_build("lib/cl-host/plugins"), " usable\n"}) {
    EXPECT_NE(text.out.find(part), std::string::npos) << part << "\nin\n" << text.out;
  }
  EXPECT_EQ(text.out.find("\n! "), std::string::npos) << "nothing is wrong here:\n" << text.out;
  const auto json = nlohmann::json::parse(host({"doctor", "--json"}).out);
  EXPECT_EQ(json[0]["what"], "cl-host");
  EXPECT_EQ(json[0]["value"], "0.1.0");
}

TEST_F(Describe, DoctorMarksWhatIsWrong) {
  std::filesystem::create_directory(folder() / "empty");
  const auto none = host({"doctor", "--no-default-plugins", "--plugin-dir", folder() / "empty"});
  EXPECT_NE(none.out.find("\n! plugins                0 usable\n"), std::string::npos) << none.out;
  EXPECT_NE(none.out.find("no plugin found: build them, or name a folder with --plugin-dir\n"),
            std::string::npos);
  const auto missing = host({"doctor", "--plugin-dir", "none"});
  EXPECT_EQ(missing.exit_code, 0);
  EXPECT_NE(missing.out.find("no such folder\n"), std::string::npos) << missing.out;
}

}  // namespace describe_test
}  // namespace clh::test
