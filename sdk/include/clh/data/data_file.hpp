// DataFile: the bytes of a file, plain or gzip alike. Who includes this links ZLIB::ZLIB.
#pragma once
#include <clh/error.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <zlib.h>

namespace clh __attribute__((visibility("hidden"))) {

  /// Reads a file from its start; gzip is told by content, not by name.
  class DataFile {
   public:
    /// Opens `path`, or `path`.gz when the plain one is missing.
    /// Errors: MissingFile when there is neither or it cannot be opened, UsageError for a folder.
    explicit DataFile(const std::filesystem::path& path) : path_(find(path)) {
      std::error_code unreachable;
      if (!std::filesystem::is_regular_file(path_, unreachable)) {
        damaged("a regular file", "a folder or device");
      }
      file_.reset(gzopen(path_.c_str(), "rb"));
      if (file_ == nullptr) {
        throw MissingFile("expected a readable " + path_.string() +
                          ", found one that will not open");
      }
    }

    /// The file that stands for `path`: itself or the one with .gz. Errors: MissingFile.
    static std::filesystem::path find(const std::filesystem::path& path) {
      for (const char* suffix : {"", ".gz"}) {
        std::error_code unreachable;
        auto candidate = path;
        candidate += suffix;
        if (std::filesystem::exists(candidate, unreachable)) {
          return candidate;
        }
      }
      throw MissingFile("expected " + path.string() + ", found no such file");
    }

    /// The next `n` bytes, fewer at the end. Errors: UsageError for a cut or damaged gzip stream.
    std::vector<std::uint8_t> read(std::uint64_t n) {
      constexpr std::uint64_t kFirst = 1U << 16U, kLargest = 1U << 24U;
      std::vector<std::uint8_t> bytes;  // grows with the file: a lying header costs nothing
      for (bool more = true; more && bytes.size() < n;) {
        const auto old = bytes.size();
        const auto wanted = std::min(n - old, std::max<std::uint64_t>(old, kFirst));
        const auto step = std::min(wanted, kLargest);
        bytes.resize(old + step);
        const int got = gzread(file_.get(), bytes.data() + old, static_cast<unsigned>(step));
        int status = Z_OK;
        const char* text = gzerror(file_.get(), &status);
        if (got < 0 || status != Z_OK) {
          damaged("an intact file",
                  status == Z_BUF_ERROR ? "a cut gzip stream" : '"' + std::string(text) + '"');
        }
        bytes.resize(old + static_cast<std::size_t>(got));
        more = static_cast<std::uint64_t>(got) == step;
      }
      content_ += bytes.size();
      return bytes;
    }

    /// Errors: UsageError when anything follows what was read.
    void expect_end() {
      const auto wanted = content_;
      if (!read(1).empty()) {
        damaged(std::to_string(wanted) + " bytes", "more");
      }
      // zlib passes over what follows a gzip stream; but the stream ends with its content's length.
      if (gzdirect(file_.get()) == 0 && stored_length() != static_cast<std::uint32_t>(wanted)) {
        damaged("nothing after the gzip stream", "more bytes");
      }
    }

    /// Throws the UsageError `<path>: expected X, found Y`.
    [[noreturn]] void damaged(const std::string& expected, const std::string& found) const {
      throw UsageError(path_.string() + ": expected " + expected + ", found " + found);
    }

   private:
    struct Close {
      void operator()(gzFile_s* file) const { gzclose_r(file); }
    };

    /// The last four bytes, little-endian (ISIZE of RFC 1952).
    std::uint32_t stored_length() const {
      std::uint8_t last[4] = {};
      std::ifstream raw(path_, std::ios::binary);
      raw.seekg(-4, std::ios::end).read(reinterpret_cast<char*>(last), 4);
      return last[0] | std::uint32_t{last[1]} << 8U | std::uint32_t{last[2]} << 16U |
             std::uint32_t{last[3]} << 24U;
    }

    std::filesystem::path path_;
    std::unique_ptr<gzFile_s, Close> file_;
    std::uint64_t content_ = 0;  // bytes read so far
  };

}  // namespace clh
