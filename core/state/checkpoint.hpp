// Checkpoint: a state tree in a file. Format: magic, version, then records, each with a CRC.
#pragma once
#include <filesystem>
#include <memory>

#include "core/state/state_record.hpp"

namespace clh::core {

/// Writes beside `path` and renames. Errors: Error `unwritable`.
/// Layout, little-endian: "clh-state 1\n"; then entries: u8 kind (1 int, 2 real, 3 text, 4 ints,
/// 5 reals, 6 bytes, 7 tensor, 8 record begins, 9 record ends, 0 end of file), u32 key length, key,
/// u64 payload length, payload, u32 CRC-32 of all that. A tensor's payload: i32 dtype, i32 rank,
/// i64 sizes, data; no payload = undefined.
void write_checkpoint(const std::filesystem::path& path, const StateRecord& root);

/// Errors: Error `state` (exit 2) for a missing, truncated or damaged file, naming what was found.
std::unique_ptr<StateRecord> read_checkpoint(const std::filesystem::path& path);

}  // namespace clh::core
