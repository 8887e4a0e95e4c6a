#include "core/state/checkpoint.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "core/error.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>
#include <zlib.h>

namespace checkpoint_test {

using namespace clh::core;  // NOLINT
using clh::Archive;
using clh::test::TemporaryDirectory;

struct Inner {
  std::vector<float> numbers{1.5F, -2.0F};
  void state(Archive& archive) { archive("numbers", numbers); }
};

struct Everything {
  bool flag = true;
  std::int64_t integer = -7;
  double real = 0.1;
  std::string text = "a\nb";
  at::Tensor bytes = at::arange(6, at::kByte).view({2, 3});
  at::Tensor none;
  at::Tensor mask = at::ones({3}, at::kBool);
  std::vector<Inner> list{Inner{}, Inner{{3.0F}}};
  std::vector<std::int64_t> empty;
  void state(Archive& archive) {
    archive("flag", flag)("integer", integer)("real", real)("text", text);
    archive("bytes", bytes)("none", none)("list", list)("empty", empty)("mask", mask);
  }
};

std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Checkpoint, RestoresEveryKindOfValue) {
  const TemporaryDirectory directory;
  Everything saved;
  StateRecord record;
  save_state(saved, record);
  write_checkpoint(directory.path() / "c", record);

  Everything loaded;
  loaded.flag = false;
  loaded.integer = 0;
  loaded.real = 0;
  loaded.text.clear();
  loaded.bytes = at::Tensor();
  loaded.none = at::ones({1});
  loaded.list.clear();
  loaded.empty = {1};
  load_state(loaded, *read_checkpoint(directory.path() / "c"));
  EXPECT_TRUE(loaded.flag);
  EXPECT_EQ(loaded.integer, -7);
  EXPECT_EQ(loaded.real, 0.1);
  EXPECT_EQ(loaded.text, "a\nb");
  EXPECT_TRUE(at::equal(loaded.bytes, saved.bytes));
  EXPECT_EQ(loaded.bytes.scalar_type(), at::kByte);
  EXPECT_FALSE(loaded.none.defined());
  EXPECT_EQ(loaded.mask.scalar_type(), at::kBool);
  ASSERT_EQ(loaded.list.size(), 2U);
  EXPECT_EQ(loaded.list[1].numbers, std::vector<float>{3.0F});
  EXPECT_TRUE(loaded.empty.empty());
}

TEST(Checkpoint, SavingTwiceGivesTheSameBytes) {
  const TemporaryDirectory directory;
  Everything saved;
  for (const char* name : {"a", "b"}) {
    StateRecord record;
    save_state(saved, record);
    write_checkpoint(directory.path() / name, record);
  }
  EXPECT_EQ(read_all(directory.path() / "a"), read_all(directory.path() / "b"));
}

TEST(Checkpoint, AKeyThatIsMissingOrOfAnotherTypeIsAnError) {
  StateRecord record;
  Inner inner;
  save_state(inner, record);
  Everything other;
  EXPECT_THROW(load_state(other, record), clh::StatusError);
  record.values["flag"] = std::string("text");
  EXPECT_THROW(load_state(other, record), clh::StatusError);
}

// A list is made as it is read, so a count that lies asks for no memory.
TEST(Checkpoint, AListThatIsShorterThanItsCountIsAnError) {
  Everything saved;
  StateRecord record;
  save_state(saved, record);
  record.children.at("list")->values["size"] = std::int64_t{1000};
  Everything loaded;
  EXPECT_THROW(load_state(loaded, record), clh::StatusError);
  EXPECT_LE(loaded.list.size(), saved.list.size() + 1);
}

TEST(Checkpoint, AKeyGivenTwiceIsAnError) {
  struct Twice {
    std::int64_t n = 0;
    void state(Archive& archive) { archive("n", n)("n", n); }
  } twice;
  StateRecord record;
  EXPECT_THROW(save_state(twice, record), clh::StatusError);
}

// Every cut and every flipped byte must end in an Error, never in a crash or a silent load.
TEST(Checkpoint, DamageIsFoundAtEveryByte) {
  const TemporaryDirectory directory;
  Everything saved;
  StateRecord record;
  save_state(saved, record);
  const auto path = directory.path() / "c";
  write_checkpoint(path, record);
  const auto good = read_all(path);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::ofstream(path, std::ios::binary) << good.substr(0, i);
    EXPECT_THROW(read_checkpoint(path), Error) << "cut at " << i;
    auto flipped = good;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x10);
    std::ofstream(path, std::ios::binary) << flipped;
    EXPECT_THROW(read_checkpoint(path), Error) << "flipped at " << i;
  }
  std::ofstream(path, std::ios::binary) << good + '\0';
  EXPECT_THROW(read_checkpoint(path), Error) << "with a byte too many";
  EXPECT_THROW(read_checkpoint(directory.path() / "absent"), Error);
  EXPECT_THROW(read_checkpoint(directory.path()), Error);
}

TEST(Checkpoint, ATensorWithoutDimensionsIsKept) {
  const TemporaryDirectory directory;
  StateRecord saved;
  saved.values["scalar"] = at::scalar_tensor(2.5);
  saved.values["empty"] = at::zeros({3, 0});
  write_checkpoint(directory.path() / "c", saved);
  const auto loaded = read_checkpoint(directory.path() / "c");
  const auto& scalar = std::get<at::Tensor>(loaded->values.at("scalar"));
  EXPECT_EQ(scalar.dim(), 0);
  EXPECT_EQ(scalar.item<float>(), 2.5F);
  EXPECT_EQ(std::get<at::Tensor>(loaded->values.at("empty")).sizes(),
            (std::vector<std::int64_t>{3, 0}));
}

// Deep enough, and reading would exhaust the stack.
TEST(Checkpoint, RecordsInEachOtherAreLimited) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "c";
  for (const int depth : {64, 65}) {
    StateRecord root;
    auto* record = &root;
    for (int i = 0; i < depth; ++i) {
      record = (record->children["r"] = std::make_unique<StateRecord>()).get();
    }
    write_checkpoint(path, root);
    if (depth == 64) {
      EXPECT_NO_THROW(read_checkpoint(path));
    } else {
      EXPECT_THROW(read_checkpoint(path), Error);
    }
  }
}

/// The payload of a tensor: dtype, rank, sizes.
struct TensorHead {
  std::int32_t dtype, rank;
  std::int64_t sizes[3];
};

// The checksums are right, so that only the check of the content is left.
TEST(Checkpoint, AnImpossibleTensorIsRefused) {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "c";
  StateRecord saved;
  saved.values["t"] = at::zeros({0, 1, 1}, at::kFloat);
  write_checkpoint(path, saved);
  const auto good = read_all(path);
  const std::size_t entry = 12, head = entry + 1 + 4 + 1 + 8, sum = head + sizeof(TensorHead);
  const auto refused = [&](const TensorHead& changed) {
    auto bytes = good;
    std::memcpy(bytes.data() + head, &changed, sizeof changed);
    const auto crc = static_cast<std::uint32_t>(
        crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data() + entry), sum - entry));
    std::memcpy(bytes.data() + sum, &crc, sizeof crc);
    std::ofstream(path, std::ios::binary) << bytes;
    try {
      read_checkpoint(path);
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(refused({6, 3, {0, 1, 1}}), "");
  const std::int64_t huge = std::int64_t{1} << 61;
  EXPECT_NE(refused({6, 3, {0, huge, huge}}).find("found a larger one"), std::string::npos);
  EXPECT_NE(refused({6, 3, {0, -1, 1}}).find("found a larger one"), std::string::npos);
  for (const int dtype : {-1, 128, 256 + 6, 1 << 30}) {
    EXPECT_NE(refused({dtype, 3, {0, 1, 1}}).find("dtype and rank"), std::string::npos) << dtype;
  }
}

}  // namespace checkpoint_test
