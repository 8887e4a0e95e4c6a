#include "core/files/sha256.hpp"

#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "core/error.hpp"
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

namespace clh::core {
namespace {

class Digest final {
 public:
  Digest() : context_(EVP_MD_CTX_new()) {
    require(context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }

  void add(const void* data, std::size_t size) {
    require(EVP_DigestUpdate(context_.get(), data, size) == 1);
  }

  Sha256 finish() {
    Sha256 digest;
    unsigned int size = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1 && size == digest.size());
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  static void require(bool done) {
    if (!done) {
      throw std::runtime_error("libcrypto: expected SHA-256, found a failing call");
    }
  }

  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

std::string hex(const Sha256& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

[[noreturn]] void fail(const std::string& where, int error_number) {
  throw Error("load-failed",
              where + ": expected a readable file, found \"" +
                  std::generic_category().message(error_number) + "\"",
              "check the path and its permissions", kExitUsage);
}

}  // namespace

Sha256 sha256(const void* data, std::size_t size) {
  Digest digest;
  digest.add(data, size);
  return digest.finish();
}

std::string sha256_hex(const void* data, std::size_t size) {
  return hex(sha256(data, size));
}

std::string sha256_hex_of_descriptor(int descriptor, const std::string& where) {
  Digest digest;
  std::vector<char> piece(std::size_t{1} << 16);
  off_t offset = 0;
  for (;;) {
    const ssize_t count = ::pread(descriptor, piece.data(), piece.size(), offset);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      fail(where, errno);
    }
    if (count == 0) {
      return hex(digest.finish());
    }
    digest.add(piece.data(), static_cast<std::size_t>(count));
    offset += count;
  }
}

std::string sha256_hex_of_file(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    fail(path.string(), errno);
  }
  const struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } closer{descriptor};
  return sha256_hex_of_descriptor(descriptor, path.string());
}

}  // namespace clh::core
