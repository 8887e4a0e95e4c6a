#include "core/abi/error_text.hpp"

#include <clh/error.hpp>

#include <cstring>
#include <memory>

#include <gtest/gtest.h>

namespace clh::core {
namespace error_text_test {

clh_error with(const char* text) {
  auto error = empty_error();
  std::strncpy(error.message, text, sizeof error.message - 1);
  return error;
}

TEST(ErrorText, IsThePluginsLine) {
  EXPECT_EQ(message_of(with("expected \u00fc, found \u4e2d \U0001F40D")),
            "expected \u00fc, found \u4e2d \U0001F40D");
  EXPECT_EQ(message_of(with("")), "");
  EXPECT_EQ(message_of(with(""), "none"), "none");
  EXPECT_EQ(message_of(with("some"), "none"), "some");
}

TEST(ErrorText, EndsWithItsArray) {
  // Alone on the heap, so that a sanitizer sees the first byte too many.
  const auto error = std::make_unique<clh_error>(empty_error());
  std::memset(error->message, 'm', sizeof error->message);
  EXPECT_EQ(message_of(*error), std::string(sizeof error->message, 'm'));
}

TEST(ErrorText, StaysOnItsLineAndSteersNoTerminal) {
  EXPECT_EQ(message_of(with("a\nb\r\tc\x1b[31m\x7f")), "a?b??c?[31m?");
  EXPECT_EQ(message_of(with("a\xc2\x9b"
                            "31m")),
            "a?31m");
}

TEST(ErrorText, IsUtf8) {
  EXPECT_EQ(message_of(with("a\xff\xe4\xb8")), "a???");
  EXPECT_EQ(message_of(with("\xc0\x80 \xed\xa0\x80.")), "?? ???.");
}

}  // namespace error_text_test
}  // namespace clh::core
