#include "core/text/terminal_text.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace terminal_text_test {

TEST(TerminalText, ControlCharactersAreReplacedAndLettersAreNot) {
  EXPECT_EQ(terminal_text("a\nb\r\x1b[31m\x7f\t"), "a?b??[31m??");
  EXPECT_EQ(terminal_text("\u00fcn\u00ef.so"), "\u00fcn\u00ef.so");
}

}  // namespace terminal_text_test
}  // namespace clh::core
