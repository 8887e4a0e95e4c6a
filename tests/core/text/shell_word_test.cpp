#include "core/text/shell_word.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace shell_word_test {

TEST(ShellWord, IsQuotedOnlyWhereAShellWouldReadSomethingElse) {
  EXPECT_EQ(shell_word("/home/a/my_model-1.so"), "/home/a/my_model-1.so");
  EXPECT_EQ(shell_word("a b"), "'a b'");
  EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace shell_word_test
}  // namespace clh::core
