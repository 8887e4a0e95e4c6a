#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace clh::core {

using Sha256 = std::array<std::uint8_t, 32>;

/// Hashes a span of bytes.
/// Inputs:  data may be null when size is 0.
/// Source:  FIPS 180-4, through libcrypto.
Sha256 sha256(const void* data, std::size_t size);

/// Hashes a span of bytes.
/// Returns: 64 lower-case hexadecimal digits.
std::string sha256_hex(const void* data, std::size_t size);

/// Hashes what an open file holds, from its first byte to its end; the file offset stays as it was.
/// Inputs:  where names the file in errors.
/// Errors:  Error `load-failed`, exit 2, if a read fails.
std::string sha256_hex_of_descriptor(int descriptor, const std::string& where);

/// Hashes a file in pieces, so that its size does not matter.
/// Errors:  Error `load-failed`, exit 2, if the file cannot be opened or read.
std::string sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace clh::core
