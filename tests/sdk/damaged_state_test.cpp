// A saved state with one value changed: what cannot have been saved so is refused, before anything
// reads past its end.
#include <clh/memory/class_ring_buffer.hpp>
#include <clh/memory/reservoir_buffer.hpp>
#include <clh/memory/task_memory.hpp>
#include <clh/parameters/path_integral.hpp>
#include <clh/parameters/quadratic_penalty.hpp>

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/state/state_record.hpp"
#include "tests/support/offered_batch.hpp"
#include "tests/support/word_host.hpp"
#include <gtest/gtest.h>

namespace damaged_state_test {

using clh::core::StateRecord;
using clh::test::offered_batch;
using clh::test::WordHost;
using Value = StateRecord::Value;

/// A vector as it is saved.
Value block(const std::vector<std::int64_t>& numbers) {
  StateRecord::Bytes bytes(numbers.size() * sizeof(std::int64_t));
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

/// The status with which `object` answers to the record; CLH_OK if it takes it.
template <class T>
clh_status answer(T& object, const StateRecord& record) {
  try {
    clh::core::load_state(object, record);
    return CLH_OK;
  } catch (const clh::StatusError& error) {
    return error.code;
  }
}

/// Puts `value` into `part`, the record or one below it, for one load, and what was there back.
template <class T>
clh_status answer_with(T& object, const StateRecord& record, StateRecord& part,
                       const std::string& key, const Value& value) {
  auto& place = part.values.at(key);
  const auto kept = place;
  place = value;
  const auto status = answer(object, record);
  place = kept;
  return status;
}
template <class T>
clh_status answer_with(T& object, StateRecord& record, const std::string& key, const Value& value) {
  return answer_with(object, record, record, key, value);
}

/// Ten samples of one number each: raw [10, 1] uint8, labels [10].
at::Tensor samples() {
  return at::arange(10).to(at::kByte).unsqueeze(1);
}
at::Tensor labels() {
  return at::arange(10) % 2;
}

clh::BufferSettings settings(const WordHost& host) {
  return {6, clh::Offers::kOnce, host.stream("insert"), host.stream("sample")};
}

TEST(DamagedState, Reservoir) {
  WordHost host;
  clh::ReservoirBuffer buffer(settings(host));
  buffer.add(offered_batch(samples(), labels(), at::arange(10)));
  StateRecord record;
  clh::core::save_state(buffer, record);
  EXPECT_EQ(answer(buffer, record), CLH_OK);
  for (const std::int64_t seen : {-1, 0, 5}) {
    EXPECT_EQ(answer_with(buffer, record, *record.children.at("policy"), "seen", seen), CLH_E_STATE)
        << seen;
  }
  for (const char* key : {"ids", "offers"}) {
    EXPECT_EQ(answer_with(buffer, record, key, block({1, 2})), CLH_E_STATE) << key;
  }
  auto& held = *record.children.at("samples");
  for (const std::int64_t size : {-1, 0, 5, 7}) {
    EXPECT_EQ(answer_with(buffer, record, held, "size", size), CLH_E_STATE) << size;
  }
  auto& columns = *held.children.at("columns");
  EXPECT_EQ(answer_with(buffer, record, columns, "1", at::zeros({5}, at::kLong)), CLH_E_STATE)
      << "labels of five rows";
  for (const std::int64_t count : {0, 1, 2}) {
    EXPECT_EQ(answer_with(buffer, record, columns, "size", count),
              count == 2 ? CLH_OK : CLH_E_STATE);
  }
}

TEST(DamagedState, MemoryInParts) {
  WordHost host;
  clh::TaskMemory memory(host.stream("sample"));
  for (int task = 0; task < 2; ++task) {
    memory.open(4);
    memory.add(samples().narrow(0, 0, 3), labels().narrow(0, 0, 3));
  }
  StateRecord record;
  clh::core::save_state(memory, record);
  EXPECT_EQ(answer(memory, record), CLH_OK);
  EXPECT_EQ(answer_with(memory, record, "held", block({3, 3})), CLH_OK);
  for (const auto& held : std::vector<std::vector<std::int64_t>>{
           {3}, {3, 4}, {7, -1}, {std::int64_t{1} << 60, 3}, {3, 2, 1}}) {
    EXPECT_EQ(answer_with(memory, record, "held", block(held)), CLH_E_STATE) << held[0];
  }
  EXPECT_EQ(answer_with(memory, record, "quota", std::int64_t{2}), CLH_E_STATE);
  EXPECT_EQ(answer_with(memory, record, "quota", std::int64_t{0}), CLH_E_STATE);
  EXPECT_EQ(answer_with(memory, record, "offered", std::int64_t{-1}), CLH_E_STATE);
  auto& columns = *record.children.at("samples")->children.at("columns");
  EXPECT_EQ(answer_with(memory, record, columns, "1", at::zeros({5}, at::kLong)), CLH_E_STATE);
  EXPECT_EQ(answer_with(memory, record, columns, "1", at::zeros({6}, at::kLong)), CLH_OK);
}

TEST(DamagedState, Rings) {
  WordHost host;
  clh::ClassRingBuffer buffer(settings(host));
  buffer.add(offered_batch(samples(), labels(), at::arange(10)));
  StateRecord record;
  clh::core::save_state(buffer, record);
  EXPECT_EQ(answer(buffer, record), CLH_OK);
  auto& policy = *record.children.at("policy");
  EXPECT_EQ(answer_with(buffer, record, policy, "slots", block({0, 1, 2, 3, 4, 5})), CLH_OK);
  for (const auto& slots : std::vector<std::vector<std::int64_t>>{
           {0, 1, 2}, {0, 1, 2, 3, 4, 6}, {0, 1, 2, 3, 4, 4}, {-1, 1, 2, 3, 4, 5}}) {
    EXPECT_EQ(answer_with(buffer, record, policy, "slots", block(slots)), CLH_E_STATE);
  }
}

TEST(DamagedState, Penalty) {
  clh::QuadraticPenalty penalty(1);
  StateRecord empty;
  clh::core::save_state(penalty, empty);
  EXPECT_EQ(answer(penalty, empty), CLH_OK);
  EXPECT_EQ(answer_with(penalty, empty, "anchor", at::zeros({4})), CLH_E_STATE);

  penalty.replace(at::ones({4}), at::zeros({4}));
  StateRecord record;
  clh::core::save_state(penalty, record);
  EXPECT_EQ(answer(penalty, record), CLH_OK);
  for (const char* key : {"importance", "anchor"}) {
    EXPECT_EQ(answer_with(penalty, record, key, at::zeros({2})), CLH_E_STATE) << key;
    EXPECT_EQ(answer_with(penalty, record, key, at::Tensor()), CLH_E_STATE) << key;
    EXPECT_EQ(answer_with(penalty, record, key, at::zeros({4}, at::kDouble)), CLH_E_STATE) << key;
    EXPECT_EQ(answer_with(penalty, record, key, at::zeros({2, 2})), CLH_E_STATE) << key;
  }
}

TEST(DamagedState, Path) {
  clh::PathIntegral path;
  StateRecord record;
  clh::core::save_state(path, record);
  EXPECT_EQ(answer(path, record), CLH_OK);
  EXPECT_EQ(answer_with(path, record, "sum", at::zeros({4, 0})), CLH_E_STATE);
  EXPECT_EQ(answer_with(path, record, "sum", at::Tensor()), CLH_E_STATE);
}

}  // namespace damaged_state_test
