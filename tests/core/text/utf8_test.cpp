#include "core/text/utf8.hpp"

#include <string>

#include <gtest/gtest.h>

namespace clh::core {
namespace utf8_test {

// The first and last character of every row of Unicode 15, table 3-7.
TEST(Utf8, AcceptsEveryRange) {
  EXPECT_TRUE(is_utf8(std::string("\0\x7F", 2)));
  for (const char* text :
       {"", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xE0\xBF\xBF", "\xE1\x80\x80", "\xEC\xBF\xBF",
        "\xED\x80\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
        "\xF0\xBF\xBF\xBF", "\xF1\x80\x80\x80", "\xF3\xBF\xBF\xBF", "\xF4\x80\x80\x80",
        "\xF4\x8F\xBF\xBF",
        "gr\xC3\xB6\xC3\x9F"
        "er"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
}

TEST(Utf8, RefusesWhatLiesBeside) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x7F", "\xC2\xC0", "\xE0\x9F\xBF",
        "\xE1\x80", "\xE1\x80\xC0", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF1\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF",
        "a\xFF"
        "b"}) {
    EXPECT_FALSE(is_utf8(text)) << text;
  }
}

}  // namespace utf8_test
}  // namespace clh::core
