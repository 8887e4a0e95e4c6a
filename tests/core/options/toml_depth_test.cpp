#include "core/options/toml_depth.hpp"

#include <string>

#include "core/options/toml_text.hpp"
#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace toml_depth_test {

/// A dotted key of `parts` parts.
std::string key(std::size_t parts, const std::string& part = "a") {
  std::string text = part;
  for (std::size_t i = 1; i < parts; ++i) {
    text += " . " + part;
  }
  return text;
}

TEST(TomlDepth, CountsThePartsOfOneKey) {
  EXPECT_EQ(line_of_too_deep_key(key(kMaxKeyParts) + " = 1\n"), 0u);
  EXPECT_EQ(line_of_too_deep_key("x = 1\n\n" + key(kMaxKeyParts + 1) + " = 1\n"), 3u);
  EXPECT_EQ(line_of_too_deep_key('[' + key(kMaxKeyParts + 1) + ']'), 1u);
  EXPECT_EQ(line_of_too_deep_key("x = {" + key(kMaxKeyParts + 1) + "=1}"), 1u);
  EXPECT_EQ(line_of_too_deep_key(key(kMaxKeyParts + 1, "\"=,\\\"\"")), 1u);
  EXPECT_EQ(line_of_too_deep_key(key(kMaxKeyParts + 1, "'\n'")), 0u);  // no TOML anyway
}

TEST(TomlDepth, DotsInNumbersTextsAndCommentsAreNoKeys) {
  std::string list = "x = [";
  for (int i = 0; i < 100; ++i) {
    list += "0.5, ";
  }
  const std::string dots(100, '.');
  EXPECT_EQ(line_of_too_deep_key(list + "]\n# " + dots + "\na = \"" + dots + "\"\nb = '" + dots +
                                 "'\nc = \"\"\"\n" + dots + "\"\"\"\nd = '''" + dots + "\n'''\n"),
            0u);
  EXPECT_EQ(line_of_too_deep_key("a = \"open " + dots), 0u);
}

// The library would open as many tables, and the stack would end before they do.
TEST(TomlDepth, AConfigurationOfDotsIsRefused) {
  const auto refusal = refusal_of([] { read_toml(key(100000) + " = 1", "exp.toml"); });
  EXPECT_EQ(refusal.slug, "bad-config");
  EXPECT_EQ(refusal.text,
            "exp.toml line 1: expected keys of at most 32 parts, found one with more");
  EXPECT_EQ(refusal.exit_code, 2);
}

}  // namespace toml_depth_test
}  // namespace clh::core
