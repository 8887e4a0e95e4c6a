#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clh::core {

/// What a binary was compiled against, as far as two binaries that share tensors must agree.
struct TorchFingerprint {
  std::string version;  // "1.13.0"; only major and minor are compared
  std::string variant, cxx11abi, stl, debugstl;

  /// Returns: "1.13" for version "1.13.0".
  std::string major_minor() const;
};

/// Parses "<version> variant=<v> cxx11abi=<0|1> stl=<s> debugstl=<0|1>"; further words are ignored.
/// Returns: nothing if a part is missing, doubled, or malformed.
std::optional<TorchFingerprint> parse_torch_fingerprint(std::string_view text);

/// Compares major.minor, variant, cxx11abi, stl and debugstl as text.
bool compatible(const TorchFingerprint& host, const TorchFingerprint& plugin);

}  // namespace clh::core
