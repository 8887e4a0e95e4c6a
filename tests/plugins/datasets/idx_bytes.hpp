// IDX files as the tests write them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <vector>

#include <zlib.h>

namespace clh::test {

/// A header: two zero bytes, type 8 (unsigned byte), the rank, the sizes big-endian.
inline std::string idx_header(std::initializer_list<std::uint32_t> sizes, char type = 8) {
  std::string bytes{0, 0, type, static_cast<char>(sizes.size())};
  for (const std::uint32_t size : sizes) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(size >> static_cast<unsigned>(shift) & 0xFFU));
    }
  }
  return bytes;
}

/// Labels [n].
inline std::string idx_labels(const std::string& labels) {
  return idx_header({static_cast<std::uint32_t>(labels.size())}) + labels;
}

/// Images [n, rows, cols]; byte i of the data is i mod 251.
inline std::string idx_images(std::uint32_t n, std::uint32_t rows, std::uint32_t cols) {
  auto bytes = idx_header({n, rows, cols});
  for (std::uint32_t i = 0; i < n * rows * cols; ++i) {
    bytes.push_back(static_cast<char>(i % 251));
  }
  return bytes;
}

/// One gzip stream (RFC 1952) of the bytes.
inline std::string gzip(const std::string& bytes) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("expected a deflate stream, found none");
  }
  std::string zipped(deflateBound(&stream, bytes.size()), '\0');
  auto in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(zipped.data());
  stream.avail_out = static_cast<uInt>(zipped.size());
  const int status = deflate(&stream, Z_FINISH);
  zipped.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) {
    throw std::runtime_error("expected the end of the deflate stream, found more");
  }
  return zipped;
}

}  // namespace clh::test
