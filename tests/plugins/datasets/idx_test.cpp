// Files of the IDX format, written here byte by byte: what is read, and what is refused and how.
#include <clh/data/idx.hpp>

#include <string>

#include "tests/plugins/datasets/idx_bytes.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace idx_test {

using clh::test::gzip;
using clh::test::idx_header;
using clh::test::idx_images;
using clh::test::idx_labels;
using clh::test::TemporaryDirectory;
using Sizes = std::vector<std::int64_t>;  // and labels
using Data = std::vector<std::uint8_t>;

/// The message of the Error that reading gives; a failed expectation when there is none.
template <class Error = clh::UsageError, class Read>
std::string refusal(Read&& read) {
  try {
    read();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "expected a refusal, found none";
  return "";
}

class Idx : public testing::Test {
 protected:
  /// Writes a file and reads it as any rank. Returns: what follows the path in the message.
  std::string refused(const std::string& bytes, std::uint32_t magic = 0) {
    const auto path = folder_.write("f", bytes);
    const auto text = refusal([&] { clh::read_idx(path, magic); });
    const auto where = path.string() + ": ";
    EXPECT_EQ(text.substr(0, where.size()), where);
    return text.substr(where.size());
  }

  TemporaryDirectory folder_;
};

TEST_F(Idx, ReadsAnyRankInRowMajorOrder) {
  const auto path = folder_.write("f", idx_header({2, 1, 3}) + "abcdef");
  const auto bytes = clh::read_idx(path);
  EXPECT_EQ(bytes.shape, (Sizes{2, 1, 3}));
  EXPECT_EQ(bytes.data, (Data{'a', 'b', 'c', 'd', 'e', 'f'}));
}

TEST_F(Idx, ReadsSizesAboveOneByteBigEndian) {
  const auto path = folder_.write("f", idx_header({258}) + std::string(258, 'x'));
  EXPECT_EQ(clh::read_idx(path).shape, (Sizes{258}));
}

TEST_F(Idx, ReadsGzipByContentWhateverTheName) {
  const auto path = folder_.write("plain-name", gzip(idx_labels("\1\2\3")));
  EXPECT_EQ(clh::read_idx(path).data, (Data{1, 2, 3}));
  const auto misnamed = folder_.write("plain.gz", idx_labels("\4"));
  EXPECT_EQ(clh::read_idx(misnamed).data, (Data{4}));
}

TEST_F(Idx, TriesTheNameWithGzOnlyWhenThePlainOneIsMissing) {
  folder_.write("f.gz", gzip(idx_labels("\1")));
  EXPECT_EQ(clh::read_idx(folder_.path() / "f").data, (Data{1}));
  folder_.write("f", idx_labels("\2"));
  EXPECT_EQ(clh::read_idx(folder_.path() / "f").data, (Data{2}));
}

TEST_F(Idx, MissingFileIsTold) {
  const auto path = folder_.path() / "f";
  EXPECT_EQ(refusal<clh::MissingFile>([&] { clh::read_idx(path); }),
            "expected " + path.string() + ", found no such file");
}

TEST_F(Idx, FolderIsRefused) {
  EXPECT_EQ(refusal([&] { clh::read_idx(folder_.path()); }),
            folder_.path().string() + ": expected a regular file, found a folder or device");
}

TEST_F(Idx, EveryTruncationIsRefused) {
  const auto whole = idx_header({2, 3}) + "abcdef";  // 4 + 8 + 6 bytes
  EXPECT_EQ(refused(whole.substr(0, 0)), "expected a magic number of 4 bytes, found 0");
  EXPECT_EQ(refused(whole.substr(0, 3)), "expected a magic number of 4 bytes, found 3");
  EXPECT_EQ(refused(whole.substr(0, 11)), "expected 8 bytes of sizes, found 7");
  EXPECT_EQ(refused(whole.substr(0, 12)), "expected 6 bytes of data, found 0");
  EXPECT_EQ(refused(whole.substr(0, 17)), "expected 6 bytes of data, found 5");
}

TEST_F(Idx, EveryTruncationOfAGzipFileIsRefused) {
  const auto zipped = gzip(idx_images(3, 5, 7));
  for (std::size_t n = 1; n < zipped.size(); ++n) {
    const auto path = folder_.write("f", zipped.substr(0, n));
    const auto text = refusal([&] { clh::read_idx(path); });
    // One byte is not yet a gzip file; every other prefix is a cut one.
    EXPECT_NE(text.find(n == 1 ? "magic number of 4 bytes, found 1" : "found a cut gzip stream"),
              std::string::npos)
        << n << ": " << text;
  }
}

TEST_F(Idx, NoFlippedBitOfAGzipFileChangesWhatIsRead) {
  const Data labels{1, 2, 3, 4, 5, 6, 7};
  const auto zipped = gzip(idx_labels({labels.begin(), labels.end()}));
  constexpr std::size_t kHeader = 10;  // time, system and the like: no content
  std::size_t refusals = 0;
  for (std::size_t bit = 8 * kHeader; bit < 8 * zipped.size(); ++bit) {
    auto damaged = zipped;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    const auto path = folder_.write("f", damaged);
    try {
      EXPECT_EQ(clh::read_idx(path).data, labels) << bit;
    } catch (const clh::UsageError&) {
      ++refusals;
    }
  }
  // At most seven bits pad the last byte before the checksum.
  EXPECT_GE(refusals, 8 * (zipped.size() - kHeader) - 7);
}

TEST_F(Idx, TrailingBytesAreRefused) {
  EXPECT_EQ(refused(idx_labels("ab") + "c"), "expected 10 bytes, found more");
  EXPECT_EQ(refused(gzip(idx_labels("ab") + "c")), "expected 10 bytes, found more");
  EXPECT_EQ(refused(gzip(idx_labels("ab")) + "c"),
            "expected nothing after the gzip stream, found more bytes");
}

TEST_F(Idx, WrongMagicNumbersAreRefused) {
  const std::string any = "expected a magic number of 2049 to 2056 (unsigned bytes, rank 1 to 8)";
  EXPECT_EQ(refused(idx_header({1}, 9) + "a"), any + ", found 2305");         // signed bytes
  EXPECT_EQ(refused(std::string("\0\0\10\0a", 5)), any + ", found 2048");     // rank 0
  EXPECT_EQ(refused(std::string("\0\0\10\11a", 5)), any + ", found 2057");    // rank 9
  EXPECT_EQ(refused(std::string("\0\1\10\1", 4)), any + ", found 67585");     // 0x00010801
  EXPECT_EQ(refused(std::string("\1\0\10\1", 4)), any + ", found 16779265");  // 0x01000801
  EXPECT_EQ(refused(idx_labels("a"), 2051),
            "expected magic number 2051 (images), found 2049 (labels)");
  EXPECT_EQ(refused(idx_header({1, 1}) + "a", 2049),
            "expected magic number 2049 (labels), found 2050");
}

TEST_F(Idx, SizesWithoutSenseAreRefused) {
  EXPECT_EQ(refused(idx_header({2, 0})), "expected sizes of at least 1, found 0 in dimension 1");
  constexpr std::uint32_t kMost = 0xFFFFFFFF;
  EXPECT_EQ(refused(idx_header({kMost, kMost, kMost})),
            "expected less than 2^62 bytes of data, found sizes with a larger product");
  // 2^64 and a bit: the product would wrap to 2^32.
  EXPECT_EQ(refused(idx_header({1U << 31U, 1U << 31U, 4, 1U << 30U, 4})),
            "expected less than 2^62 bytes of data, found sizes with a larger product");
  // A lying header of 2^60 bytes ends with the file, not with the machine's memory.
  EXPECT_EQ(refused(idx_header({1U << 30U, 1U << 30U}) + "abc"),
            "expected 1152921504606846976 bytes of data, found 3");
}

TEST_F(Idx, ImagesHaveAChannel) {
  const auto path = folder_.write("f", idx_images(2, 3, 4));
  const auto images = clh::read_idx_images(path, 3, 4);
  EXPECT_EQ(images.shape, (Sizes{2, 1, 3, 4}));
  EXPECT_EQ(images.data[23], 23);
  EXPECT_EQ(refusal([&] { clh::read_idx_images(path, 4, 3); }),
            path.string() + ": expected images of 4x3, found 3x4");
  EXPECT_EQ(refusal([&] { clh::read_idx_images(folder_.write("l", idx_labels("a")), 1, 1); }),
            (folder_.path() / "l: ").string() +
                "expected magic number 2051 (images), found 2049 (labels)");
}

TEST_F(Idx, LabelsLieBelowTheNumberOfClasses) {
  const auto path = folder_.write("f", idx_labels("\1\2\3"));
  EXPECT_EQ(clh::read_idx_labels(path, 4), (Sizes{1, 2, 3}));
  EXPECT_EQ(refusal([&] { clh::read_idx_labels(path, 3); }),
            path.string() + ": expected labels below 3, found 3 at sample 2");
}

TEST_F(Idx, ASplitHasOneLabelForEachImage) {
  folder_.write("train-images-idx3-ubyte", idx_images(3, 2, 2));
  folder_.write("train-labels-idx1-ubyte.gz", gzip(idx_labels("\1\2\3")));
  folder_.write("t10k-images-idx3-ubyte", idx_images(2, 2, 2));
  folder_.write("t10k-labels-idx1-ubyte.gz", gzip(idx_labels("\1\2\3")));
  const auto read = [&](clh::Split split) {
    return clh::read_idx_samples(folder_.path(), split, 2, 2, 4);
  };
  const auto train = read(clh::Split::kTrain);
  EXPECT_EQ(train.inputs.shape(), (Sizes{3, 1, 2, 2}));
  EXPECT_EQ(train.inputs.values<std::uint8_t>()[11], 11);
  EXPECT_EQ(train.labels, (Sizes{1, 2, 3}));
  EXPECT_EQ(refusal([&] { read(clh::Split::kTest); }),
            (folder_.path() / "t10k-labels-idx1-ubyte.gz").string() +
                ": expected 2 labels, one for each image, found 3");
  EXPECT_EQ(refusal([&] { read(clh::Split::kValid); }),
            "[split] expected train or test, found valid");
}

TEST_F(Idx, AllFourFilesAreAskedFor) {
  const char* const names[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                               "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
  for (const auto* missing : names) {
    const TemporaryDirectory folder;
    for (const auto* name : names) {
      if (name != missing) {
        folder.write(std::string(name) + ".gz", "");
      }
    }
    EXPECT_EQ(refusal<clh::MissingFile>([&] { clh::find_idx_files(folder.path()); }),
              "expected " + (folder.path() / missing).string() + ", found no such file");
    folder.write(missing, "");
    EXPECT_NO_THROW(clh::find_idx_files(folder.path()));
  }
}

}  // namespace idx_test
