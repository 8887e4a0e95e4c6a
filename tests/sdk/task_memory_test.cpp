#include <clh/memory/task_memory.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/offered_batch.hpp"
#include <gtest/gtest.h>

namespace task_memory_test {

using clh::TaskMemory;
using Numbers = std::vector<std::int64_t>;

/// A host whose one stream is a Mersenne twister.
class TwisterHost {
 public:
  explicit TwisterHost(std::uint64_t seed) : twister_(seed) {
    table_.struct_size = sizeof table_;
    table_.ctx = this;
    table_.rng_words = [](void* ctx, const char*, std::uint64_t* out, std::int64_t n,
                          clh_error*) -> clh_status {
      for (std::int64_t i = 0; i < n; ++i) {
        out[i] = static_cast<TwisterHost*>(ctx)->twister_();
      }
      return CLH_OK;
    };
  }
  clh::RandomStream stream() const { return {&table_, "sample"}; }

 private:
  std::mt19937_64 twister_;
  clh_host table_{};
};

/// Samples begin .. end-1: raw [n, 1] uint8 is the number itself, label ten times it.
void offer(TaskMemory& memory, std::int64_t begin, std::int64_t end) {
  const auto n = at::arange(begin, end, at::kLong);
  memory.add(n.to(at::kByte).unsqueeze(1), n * 10);
}

Numbers numbers(const clh::Exemplars& draw) {
  EXPECT_TRUE(draw.labels.equal(draw.raw.squeeze(1).to(at::kLong) * 10));
  EXPECT_EQ(draw.raw.scalar_type(), at::kByte);
  const auto labels = (draw.labels / 10).to(at::kLong).contiguous();
  return {labels.data_ptr<std::int64_t>(), labels.data_ptr<std::int64_t>() + labels.numel()};
}

class TaskMemoryTest : public testing::Test {
 protected:
  TwisterHost host{1};
  TaskMemory memory{host.stream()};
};

TEST_F(TaskMemoryTest, GoesRoundInThePartOpenedLast) {
  memory.open(3);
  offer(memory, 0, 2);
  EXPECT_EQ(numbers(memory.all()), (Numbers{0, 1}));
  offer(memory, 2, 5);  // slots 2, 0, 1
  EXPECT_EQ(numbers(memory.all()), (Numbers{3, 4, 2}));
  memory.open(2);
  EXPECT_EQ(memory.size(), 3);
  offer(memory, 20, 25);  // the last two, in slots 3 % 2 and 4 % 2
  EXPECT_EQ(numbers(memory.part(0)), (Numbers{3, 4, 2}));
  EXPECT_EQ(numbers(memory.part(1)), (Numbers{24, 23}));
  EXPECT_EQ(memory.parts(), 2);
}

TEST_F(TaskMemoryTest, TakesASampleOfABatchOncePerTask) {
  const auto n = at::arange(3, at::kLong);
  const auto batch = clh::test::offered_batch(n.to(at::kByte).unsqueeze(1), n * 10, n);
  memory.open(4);
  memory.add(batch);
  memory.add(batch.rows(1, 2));  // another epoch
  EXPECT_EQ(numbers(memory.all()), (Numbers{0, 1, 2}));
  memory.open(4);
  memory.add(batch.rows(0, 1));
  EXPECT_EQ(numbers(memory.part(1)), (Numbers{0}));
}

TEST_F(TaskMemoryTest, PartsThatStayBelowTheirQuotaLeaveNoHole) {
  memory.open(4);
  offer(memory, 0, 1);
  memory.open(4);
  offer(memory, 10, 12);
  EXPECT_EQ(numbers(memory.all()), (Numbers{0, 10, 11}));
}

TEST_F(TaskMemoryTest, TruncatesEachPartToItsFirstRows) {
  memory.open(4);
  offer(memory, 0, 4);
  memory.open(4);
  offer(memory, 10, 11);
  memory.truncate(2);
  EXPECT_EQ(numbers(memory.all()), (Numbers{0, 1, 10}));
  memory.open(2);
  offer(memory, 20, 22);
  EXPECT_EQ(numbers(memory.part(1)), (Numbers{10}));
  EXPECT_EQ(numbers(memory.all()), (Numbers{0, 1, 10, 20, 21}));
}

TEST_F(TaskMemoryTest, DrawsUniformlyOverAllPartsWithoutReplacement) {
  memory.open(6);
  offer(memory, 0, 6);
  memory.open(2);
  offer(memory, 6, 8);
  std::map<std::int64_t, int> times;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    const auto drawn = numbers(memory.sample(3));
    EXPECT_EQ(std::set<std::int64_t>(drawn.begin(), drawn.end()).size(), 3U);
    for (const auto number : drawn) {
      ++times[number];
    }
  }
  const double expected = kDraws * 3.0 / 8;
  double chi_squared = 0;
  for (const auto& [number, count] : times) {
    chi_squared += (count - expected) * (count - expected) / expected;
  }
  EXPECT_EQ(times.size(), 8U);
  EXPECT_LT(chi_squared, 24.3);  // 7 degrees of freedom, p = 0.001
}

TEST_F(TaskMemoryTest, ClampsADrawAndRefusesAnEmptyOne) {
  EXPECT_THROW(memory.sample(1), clh::UsageError);
  memory.open(2);
  EXPECT_TRUE(memory.empty());
  offer(memory, 0, 2);
  EXPECT_EQ(numbers(memory.sample(5)).size(), 2U);
}

TEST_F(TaskMemoryTest, PadsWiderExtraColumnsWithNaN) {
  memory.open(2);
  memory.add(at::zeros({2, 1}), at::zeros({2}, at::kLong), {at::ones({2, 2})});
  memory.open(1);
  memory.add(at::zeros({1, 1}), at::zeros({1}, at::kLong), {at::ones({1, 3})});
  const auto extra = memory.all().extra[0];
  EXPECT_EQ(extra.sizes(), (Numbers{3, 3}));
  EXPECT_TRUE(extra.narrow(1, 0, 2).eq(1).all().item<bool>());
  EXPECT_TRUE(extra.select(1, 2).isnan().equal(
      at::tensor(std::vector<std::uint8_t>{1, 1, 0}).to(at::kBool)));
}

TEST_F(TaskMemoryTest, RefusesRowsOfAnotherSizeOrType) {
  memory.open(2);
  offer(memory, 0, 1);
  const auto label = at::zeros({1}, at::kLong);
  EXPECT_THROW(memory.add(at::zeros({1, 2}, at::kByte), label), clh::UsageError);
  EXPECT_THROW(memory.add(at::zeros({1, 1}), label), clh::UsageError);
}

TEST_F(TaskMemoryTest, GoesOnAfterLoadingInTheMiddleOfAPart) {
  memory.open(3);
  offer(memory, 0, 5);
  memory.open(3);
  offer(memory, 10, 14);
  clh::core::StateRecord record;
  {
    const clh::core::StateWriter writer(record);
    clh::Archive archive(writer.table());
    archive("memory", memory);
  }
  TaskMemory other(host.stream());
  const clh::core::StateReader reader(record);
  clh::Archive archive(reader.table(), 1);
  archive("memory", other);
  for (auto* each : {&memory, &other}) {
    offer(*each, 14, 15);
    EXPECT_EQ(numbers(each->all()), (Numbers{3, 4, 2, 13, 14, 12}));
    each->open(1);
    offer(*each, 20, 21);
    EXPECT_EQ(numbers(each->all()), (Numbers{3, 4, 2, 13, 14, 12, 20}));
  }
}

}  // namespace task_memory_test
