// IDX: the file format of the MNIST family; every header field and byte count is checked.
// LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "file formats".
#pragma once
#include <clh/data/data_file.hpp>
#include <clh/dataset.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

  /// The file names of one split, without .gz.
  struct IdxNames {
    const char* images;
    const char* labels;
  };
  inline constexpr IdxNames kIdxTrain{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"};
  inline constexpr IdxNames kIdxTest{"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};

  /// Checks that a folder holds the four files, plain or gzip. Errors: MissingFile.
  inline void find_idx_files(const std::filesystem::path& root) {
    for (const auto* name :
         {kIdxTrain.images, kIdxTrain.labels, kIdxTest.images, kIdxTest.labels}) {
      DataFile::find(root / name);
    }
  }

  /// A big-endian word. Inputs: at least four bytes.
  inline std::uint32_t big_endian(const std::uint8_t* bytes) {
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
           std::uint32_t{bytes[2]} << 8U | bytes[3];
  }

  /// A magic number and what a file with it holds in this family.
  inline std::string magic_text(std::uint32_t magic) {
    return std::to_string(magic) + (magic == 2051 ? " (images)" : magic == 2049 ? " (labels)" : "");
  }

  /// Reads the sizes after the magic number: `rank` of them, each >= 1, their product below 2^62.
  inline std::vector<std::int64_t> read_idx_sizes(DataFile & file, std::uint64_t rank) {
    const auto bytes = file.read(4 * rank);
    if (bytes.size() < 4 * rank) {
      file.damaged(std::to_string(4 * rank) + " bytes of sizes", std::to_string(bytes.size()));
    }
    std::vector<std::int64_t> sizes;
    std::uint64_t count = 1;
    for (std::size_t i = 0; i < bytes.size(); i += 4) {
      const std::uint64_t size = big_endian(bytes.data() + i);
      if (size == 0) {
        file.damaged("sizes of at least 1", "0 in dimension " + std::to_string(i / 4));
      }
      if (count > (std::uint64_t{1} << 62U) / size) {
        file.damaged("less than 2^62 bytes of data", "sizes with a larger product");
      }
      count *= size;
      sizes.push_back(static_cast<std::int64_t>(size));
    }
    return sizes;
  }

  /// A dense, row-major array as a file holds it; as many bytes as the product of the shape.
  struct Bytes {
    std::vector<std::int64_t> shape;
    std::vector<std::uint8_t> data;
  };

  /// Reads an IDX file of unsigned bytes, plain or gzip.
  /// Inputs:  path with or without .gz; magic 0 0 8 rank as one number, 2051 for images and 2049
  /// for
  ///          labels, or 0 for any rank from 1 to 8.
  /// Returns: the array as the header gives it.
  /// Errors:  MissingFile; UsageError `<path>: expected X, found Y` for any damage.
  inline Bytes read_idx(const std::filesystem::path& path, std::uint32_t magic = 0) {
    DataFile file(path);
    const auto head = file.read(4);
    if (head.size() < 4) {
      file.damaged("a magic number of 4 bytes", std::to_string(head.size()));
    }
    const auto found = big_endian(head.data());
    if (magic != 0 && found != magic) {
      file.damaged("magic number " + magic_text(magic), magic_text(found));
    }
    if (head[0] != 0 || head[1] != 0 || head[2] != 8 || head[3] < 1 || head[3] > 8) {
      file.damaged("a magic number of 2049 to 2056 (unsigned bytes, rank 1 to 8)",
                   std::to_string(found));
    }
    Bytes bytes;
    bytes.shape = read_idx_sizes(file, head[3]);
    const auto count = static_cast<std::uint64_t>(Shape(bytes.shape).numel());
    bytes.data = file.read(count);
    if (bytes.data.size() < count) {
      file.damaged(std::to_string(count) + " bytes of data", std::to_string(bytes.data.size()));
    }
    file.expect_end();
    return bytes;
  }

  /// Reads grey images. Returns: [N, 1, rows, cols]. Errors: as read_idx; UsageError for other
  /// sizes.
  inline Bytes read_idx_images(const std::filesystem::path& path, std::int64_t rows,
                               std::int64_t cols) {
    auto images = read_idx(path, 2051);
    if (images.shape[1] != rows || images.shape[2] != cols) {
      throw UsageError(DataFile::find(path).string() + ": expected images of " +
                       std::to_string(rows) + "x" + std::to_string(cols) + ", found " +
                       std::to_string(images.shape[1]) + "x" + std::to_string(images.shape[2]));
    }
    images.shape = {images.shape[0], 1, rows, cols};
    return images;
  }

  /// Reads labels. Returns: [N], each below `classes`. Errors: as read_idx; UsageError for others.
  inline std::vector<std::int64_t> read_idx_labels(const std::filesystem::path& path,
                                                   std::int64_t classes) {
    const auto labels = read_idx(path, 2049).data;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] >= classes) {
        throw UsageError(DataFile::find(path).string() + ": expected labels below " +
                         std::to_string(classes) + ", found " + std::to_string(labels[i]) +
                         " at sample " + std::to_string(i));
      }
    }
    return {labels.begin(), labels.end()};
  }

  /// Reads the images and labels of a split.
  /// Returns: inputs [N, 1, rows, cols] of bytes, labels [N].
  /// Errors:  as both; UsageError unless there are as many labels as images, or for a split that
  /// the
  ///          family does not have.
  inline Samples read_idx_samples(const std::filesystem::path& root, Split split, std::int64_t rows,
                                  std::int64_t cols, std::int64_t classes) {
    if (split == Split::kValid) {
      throw UsageError("[split] expected train or test, found valid");
    }
    const auto& names = split == Split::kTrain ? kIdxTrain : kIdxTest;
    auto images = read_idx_images(root / names.images, rows, cols);
    auto labels = read_idx_labels(root / names.labels, classes);
    if (images.shape[0] != static_cast<std::int64_t>(labels.size())) {
      throw UsageError(DataFile::find(root / names.labels).string() + ": expected " +
                       std::to_string(images.shape[0]) + " labels, one for each image, found " +
                       std::to_string(labels.size()));
    }
    return {HostArray(std::move(images.shape), std::move(images.data)), std::move(labels)};
  }

}  // namespace clh
