#include "core/options/toml_text.hpp"

#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace toml_text_test {

TEST(TomlText, RepeatsItselfToTheLastBit) {
  const std::string text =
      "a = 0.1\nb = 1e-07\nc = 5.0\nd = -9223372036854775808\ne = \"q\\\"\\\\\\n\\t\\u0001é\"\n"
      "f = [1, 2.5, \"x\"]\ng = []\nh = true\n\"odd key\" = 1\n\n[t]\nx = 0.30000000000000004\n\n"
      "[t.u]\ny = 1e+300\n";
  EXPECT_EQ(write_toml(read_toml(text, "test")), text);
}

TEST(TomlText, WritesValuesBeforeTablesInTheirOrder) {
  ConfigTable inner;
  inner.set("z", {std::int64_t{1}});
  inner.set("a", {false});
  ConfigTable table;
  table.set("second", {inner});
  table.set("first", {std::int64_t{2}});
  EXPECT_EQ(write_toml(table), "first = 2\n\n[second]\nz = 1\na = false\n");
}

// A typed value is taken whole: no comment, no second key, no number of another base.
TEST(TomlText, AnOverrideIsOneWholeValue) {
  EXPECT_EQ(std::get<std::int64_t>(read_override_value("500").data), 500);
  EXPECT_EQ(std::get<double>(read_override_value("1e-3").data), 1e-3);
  for (const std::string text : {"500#x", "500 # x", "0x10", "-0x10", "0b1", "1, b = 2", "1}"}) {
    const auto value = read_override_value(text);
    ASSERT_NE(std::get_if<std::string>(&value.data), nullptr) << text;
    EXPECT_EQ(std::get<std::string>(value.data), text);
  }
  EXPECT_EQ(std::get<std::string>(read_override_value("\"a#b\"").data), "a#b");
}

TEST(TomlText, NamesTheLineOfAMistake) {
  const auto refusal = refusal_of([] { read_toml("a = 1\nb = = 2\n", "exp.toml"); });
  EXPECT_EQ(refusal.slug, "bad-config");
  EXPECT_EQ(refusal.exit_code, 2);
  EXPECT_EQ(refusal.fix, "correct that line");
  EXPECT_EQ(refusal.text.find("exp.toml line 2 column 5: expected TOML, found a syntax error: "),
            0u)
      << refusal.text;
}

// A message goes to a terminal, which obeys control characters.
TEST(TomlText, ShowsNoControlCharacters) {
  const auto syntax = refusal_of([] { read_toml("a = fal\x1b[2J", "exp.toml"); });
  EXPECT_EQ(syntax.text.find('\x1b'), std::string::npos) << syntax.text;
  EXPECT_NE(syntax.text.find("fal?"), std::string::npos) << syntax.text;
  const auto key = refusal_of([] { read_toml("[t]\n\"a\\u001b\" = 1", "exp.toml"); });
  EXPECT_EQ(key.slug, "bad-config");
  EXPECT_EQ(key.text,
            "exp.toml line 2 column 1: expected a key of printable characters, found "
            "\"a\\u001B\"");
}

TEST(TomlText, RefusesDates) {
  const auto refusal = refusal_of([] { read_toml("[t]\nday = 2024-01-31\n", "exp.toml"); });
  EXPECT_EQ(refusal.text,
            "exp.toml line 2 column 7: expected a number, a text, a list or a table, found a date "
            "or a time");
}

TEST(TomlText, ReadsOverrideValuesOrKeepsTheText) {
  const auto read = [](const std::string& text) { return value_text(read_override_value(text)); };
  EXPECT_EQ(read("5"), "5");
  EXPECT_EQ(read("1e3"), "1000.0");
  EXPECT_EQ(read("5."), "5.0");
  EXPECT_EQ(read("true"), "true");
  EXPECT_EQ(read("er"), "\"er\"");
  EXPECT_EQ(read("'er'"), "\"er\"");
  EXPECT_EQ(read("a=b"), "\"a=b\"");
  EXPECT_EQ(read("1,2"), "[1, 2]");
  EXPECT_EQ(read("/a,b"), "\"/a,b\"");
  EXPECT_EQ(read("2024-01-31"), "\"2024-01-31\"");
  EXPECT_EQ(read("1\nx = 2"), "\"1\\nx = 2\"");
  EXPECT_EQ(read("{name = \"er\", minibatch = 3}"), "{minibatch = 3, name = \"er\"}");
  EXPECT_EQ(read_override_value("5").typed, "5");
}

}  // namespace toml_text_test
}  // namespace clh::core
