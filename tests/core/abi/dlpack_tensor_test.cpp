#include "core/abi/dlpack_tensor.hpp"

#include <clh/data/host_array.hpp>

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

namespace clh::core {
namespace dlpack_tensor_test {

/// An array that counts how often it is released.
class CountedArray {
 public:
  CountedArray(std::vector<std::int64_t> shape, void* data) : shape_(std::move(shape)) {
    auto& t = managed_.dl_tensor;
    t.data = data;
    t.device = {kDLCPU, 0};
    t.ndim = static_cast<std::int32_t>(shape_.size());
    t.dtype = {kDLFloat, 32, 1};
    t.shape = shape_.data();
    managed_.manager_ctx = this;
    managed_.deleter = [](DLManagedTensor* self) {
      ++static_cast<CountedArray*>(self->manager_ctx)->released_;
    };
  }
  CountedArray(const CountedArray&) = delete;
  CountedArray& operator=(const CountedArray&) = delete;

  DLManagedTensor* get() { return &managed_; }
  int released() const { return released_; }

 private:
  std::vector<std::int64_t> shape_;
  DLManagedTensor managed_{};
  int released_ = 0;
};

TEST(DlpackTensor, TheTensorReleasesTheMemory) {
  float numbers[6] = {0, 1, 2, 3, 4, 5};
  CountedArray array({2, 3}, numbers);
  {
    const auto tensor = DlpackTensor(array.get()).take();
    EXPECT_EQ(tensor.data_ptr<float>(), numbers);
    EXPECT_EQ(array.released(), 0);
  }
  EXPECT_EQ(array.released(), 1);
}

TEST(DlpackTensor, WhatIsNotTakenIsReleased) {
  float number = 0;
  CountedArray array({1}, &number);
  static_cast<void>(DlpackTensor(array.get()));
  EXPECT_EQ(array.released(), 1);
}

TEST(DlpackTensor, AnArrayWithoutElementsMayLieNowhere) {
  CountedArray array({0, 3}, nullptr);
  const auto tensor = DlpackTensor(array.get()).take();
  EXPECT_EQ(tensor.sizes(), at::IntArrayRef({0, 3}));
  EXPECT_EQ(tensor.scalar_type(), at::kFloat);
  EXPECT_EQ(array.released(), 1);
}

TEST(DlpackTensor, ElementsNeedMemory) {
  CountedArray array({2, 3}, nullptr);
  EXPECT_THROW(DlpackTensor(array.get()).take(), UsageError);
  EXPECT_EQ(array.released(), 1);
  EXPECT_THROW(DlpackTensor(nullptr).take(), UsageError);
}

}  // namespace dlpack_tensor_test
}  // namespace clh::core
