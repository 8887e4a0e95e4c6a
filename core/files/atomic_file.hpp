#pragma once

#include <filesystem>
#include <string_view>

namespace clh::core {

/// Replaces the file at `path` by `bytes` in one step: a reader, or a run killed at any moment,
/// leaves either the old file or the whole new one, also after a power failure.
/// A link is replaced, not followed; a directory, fifo, socket or device is refused.
/// Errors:  Error `unwritable`; the old file is then untouched and no temporary file remains.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

}  // namespace clh::core
