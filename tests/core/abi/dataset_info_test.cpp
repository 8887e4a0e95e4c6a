#include "core/abi/dataset_info.hpp"

#include <cstddef>
#include <string>

#include <gtest/gtest.h>

namespace clh::core {
namespace dataset_info_test {

clh_dataset_info sound() {
  clh_dataset_info info{};
  info.struct_size = sizeof info;
  info.dtype = CLH_U8;
  info.sample = {1, {4}};
  info.n_classes = 2;
  info.high = 255;
  info.how = "ask for it";
  return info;
}

TEST(DatasetInfo, IsCopiedAsFarAsItReaches) {
  auto info = sound();
  info.struct_size = offsetof(clh_dataset_info, how);  // what follows is not the info's
  info.license = "MIT";
  const auto read = read_dataset_info(info);
  EXPECT_EQ(read.struct_size, info.struct_size);
  EXPECT_EQ(read.high, 255);
  EXPECT_STREQ(read.license, "MIT");
  EXPECT_EQ(read.how, nullptr);
  EXPECT_FALSE(dataset_info_defect(read, 0));
}

TEST(DatasetInfo, OfANewerHeaderLosesWhatThisHostDoesNotKnow) {
  struct {
    clh_dataset_info info = sound();
    const char* colour = "grey";
  } newer;
  newer.info.struct_size = sizeof newer;
  const auto read = read_dataset_info(newer.info);
  EXPECT_STREQ(read.how, "ask for it");
  EXPECT_FALSE(dataset_info_defect(read, 0));
}

TEST(DatasetInfo, TooShortToSayAnything) {
  auto info = sound();
  for (const std::uint32_t size : {0U, 8U, 127U}) {
    info.struct_size = size;
    const auto defect = dataset_info_defect(read_dataset_info(info), -1);
    ASSERT_TRUE(defect);
    EXPECT_EQ(defect->text(),
              "expected an info of 128 bytes or more, found " + std::to_string(size));
  }
}

TEST(DatasetInfo, SizesAreKnownAtTheLatestWhereTheHostAsks) {
  auto info = sound();
  info.size[CLH_TEST] = -1;
  EXPECT_FALSE(dataset_info_defect(info, -1));
  const auto defect = dataset_info_defect(info, 0);
  ASSERT_TRUE(defect);
  EXPECT_EQ(defect->text(), "expected a test split of 0 samples or more, found -1");
}

}  // namespace dataset_info_test
}  // namespace clh::core
