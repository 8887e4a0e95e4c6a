#include "core/abi/abi_version.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace abi_version_test {

TEST(AbiVersion, ThePluginSaysHowOldAHostMayBe) {
  for (const int major : {0, 1}) {
    for (const int host : {3, 4, 5, 6}) {
      EXPECT_EQ(abi_refusal({major, host}, {major, 5, 3}), "") << "host minor " << host;
    }
  }
  EXPECT_EQ(abi_refusal({0, 2}, {0, 1, 1}), "") << "a plugin of 0.1 loads in every 0.x host";
  EXPECT_EQ(abi_refusal({0, 1}, {0, 2, 2}),
            "expected plugin ABI 0.1, found 0.2, which needs at least 0.2");
  EXPECT_EQ(abi_refusal({1, 2}, {1, 5, 3}),
            "expected plugin ABI 1.2, found 1.5, which needs at least 1.3");
  EXPECT_EQ(abi_refusal({1, 0}, {1, 0, 0}), "");
  EXPECT_EQ(abi_refusal({1, 9}, {1, 0, 0}), "") << "the oldest plugin on the newest host";
}

TEST(AbiVersion, AnotherMajorIsRefusedInBothDirections) {
  EXPECT_EQ(abi_refusal({1, 3}, {2, 0, 0}), "expected plugin ABI 1.3, found 2.0");
  EXPECT_EQ(abi_refusal({2, 0}, {1, 9, 0}), "expected plugin ABI 2.0, found 1.9");
  EXPECT_EQ(abi_refusal({1, 1}, {0, 1, 1}), "expected plugin ABI 1.1, found 0.1");
  EXPECT_EQ(abi_refusal({0, 1}, {1, 1, 1}), "expected plugin ABI 0.1, found 1.1");
}

}  // namespace abi_version_test
}  // namespace clh::core
