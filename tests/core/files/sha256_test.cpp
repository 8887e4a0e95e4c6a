#include "core/files/sha256.hpp"

#include <string>

#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace sha256_test {

// Expected values: FIPS 180-2, appendix B, and the NIST test vector of the empty message.
constexpr char kEmpty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kMillionA[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, HashesBytes) {
  EXPECT_EQ(sha256_hex(nullptr, 0), kEmpty);
  EXPECT_EQ(sha256_hex("abc", 3), kAbc);
  EXPECT_EQ(sha256("abc", 3)[0], 0xba);
  EXPECT_EQ(sha256("abc", 3)[31], 0xad);
}

TEST(Sha256, HashesAFileInPieces) {
  const test::TemporaryDirectory directory;
  EXPECT_EQ(sha256_hex_of_file(directory.write("a", std::string(1000000, 'a'))), kMillionA);
  EXPECT_EQ(sha256_hex_of_file(directory.write("empty", "")), kEmpty);
}

TEST(Sha256, NamesAFileThatCannotBeRead) {
  const test::TemporaryDirectory directory;
  const auto path = directory.path() / "absent";
  const Error error = test::error_of([&] { sha256_hex_of_file(path); });
  EXPECT_EQ(error.slug(), "load-failed");
  EXPECT_EQ(error.what(),
            path.string() + ": expected a readable file, found \"No such file or directory\"");
  EXPECT_EQ(test::error_of([&] { sha256_hex_of_file(directory.path()); }).slug(), "load-failed");
}

}  // namespace sha256_test
}  // namespace clh::core
