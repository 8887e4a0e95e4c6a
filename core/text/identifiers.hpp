#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clh::core {

/// Splits at `separator`; an empty text has no parts, "a,,b" has an empty one.
std::vector<std::string_view> split(std::string_view text, char separator);

/// Splits at spaces, dropping empty words.
std::vector<std::string_view> split_words(std::string_view text);

struct VersionPair {
  int major_number = 0, minor_number = 0;
};

/// Parses "<major>.<minor>", decimal digits only, each below 65536.
std::optional<VersionPair> parse_version_pair(std::string_view text);

/// Whether a text is a legal component name or kind: kebab-case, [a-z0-9-], a letter or digit at
/// both ends.
bool is_kebab_case(std::string_view text);

/// Whether a text is a legal plugin id: a reverse domain such as org.example.er, at least two
/// parts.
bool is_plugin_id(std::string_view text);

/// Whether every byte is printable ASCII, so that the text can neither steer a terminal nor break a
/// JSON document.
bool is_printable(std::string_view text);

/// Returns: the text with every byte that is not printable ASCII replaced by '?', cut to 80 bytes.
std::string printable(std::string_view text);

}  // namespace clh::core
