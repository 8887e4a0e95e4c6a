#include <clh/data/host_array.hpp>

#include <string>

#include <gtest/gtest.h>

namespace host_array_test {

using clh::HostArray;
using Sizes = std::vector<std::int64_t>;

TEST(HostArray, SaysItsTypeAndGivesItsValuesAway) {
  HostArray floats({3, 1}, std::vector<float>{1.5F, -2.F, 0.F});
  EXPECT_EQ(floats.dtype(), clh::Dtype::kFloat32);
  EXPECT_EQ(floats.shape(), (Sizes{3, 1}));
  const auto* values = floats.values<float>().data();
  EXPECT_THROW(floats.values<std::uint8_t>(), std::bad_variant_access);
  auto* given = std::move(floats).give();
  const auto& tensor = given->dl_tensor;
  EXPECT_EQ(tensor.data, values) << "without a copy";
  EXPECT_EQ(tensor.ndim, 2);
  EXPECT_EQ(tensor.shape[0], 3);
  EXPECT_EQ(tensor.dtype.code, kDLFloat);
  EXPECT_EQ(tensor.dtype.bits, 32);
  given->deleter(given);

  HostArray bytes({2}, std::vector<std::uint8_t>{7, 255});
  EXPECT_EQ(bytes.dtype(), clh::Dtype::kUint8);
  given = std::move(bytes).give();
  EXPECT_EQ(given->dl_tensor.dtype.code, kDLUInt);
  EXPECT_EQ(given->dl_tensor.dtype.bits, 8);
  given->deleter(given);
}

TEST(HostArray, HasAsManyValuesAsItsShape) {
  EXPECT_EQ(HostArray().shape(), (Sizes{0}));
  EXPECT_EQ(HostArray({0, 8}, std::vector<float>()).shape(), (Sizes{0, 8}));
  EXPECT_EQ(HostArray({8, 0}, std::vector<float>()).shape(), (Sizes{8, 0}));
  try {
    HostArray({2, 3}, std::vector<float>(5));
    ADD_FAILURE() << "expected a refusal, found none";
  } catch (const std::invalid_argument& e) {
    EXPECT_EQ(std::string(e.what()), "[array] expected 6 values for shape [2, 3], found 5");
  }
  EXPECT_THROW(HostArray({-2, -3}, std::vector<float>(5)), std::invalid_argument);
}

}  // namespace host_array_test
