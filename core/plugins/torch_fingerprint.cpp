#include "core/plugins/torch_fingerprint.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text/identifiers.hpp"

namespace clh::core {

std::string TorchFingerprint::major_minor() const {
  const auto first = version.find('.');
  return version.substr(0, version.find_first_not_of("0123456789", first + 1));
}

std::optional<TorchFingerprint> parse_torch_fingerprint(std::string_view text) {
  const std::vector<std::string_view> words = split_words(text);
  if (words.empty()) {
    return std::nullopt;
  }
  TorchFingerprint result;
  result.version = words.front();
  if (!parse_version_pair(result.major_minor())) {
    return std::nullopt;
  }
  const std::array<std::pair<std::string_view, std::string*>, 4> parts = {
      {{"variant", &result.variant},
       {"cxx11abi", &result.cxx11abi},
       {"stl", &result.stl},
       {"debugstl", &result.debugstl}}};
  for (auto word = words.begin() + 1; word != words.end(); ++word) {
    const auto equals = word->find('=');
    for (const auto& [key, value] : parts) {
      if (equals == std::string_view::npos || word->substr(0, equals) != key) {
        continue;
      }
      if (!value->empty()) {
        return std::nullopt;
      }
      *value = word->substr(equals + 1);
    }
  }
  const bool complete = std::none_of(parts.begin(), parts.end(),
                                     [](const auto& part) { return part.second->empty(); });
  return complete ? std::optional(result) : std::nullopt;
}

bool compatible(const TorchFingerprint& host, const TorchFingerprint& plugin) {
  return host.major_minor() == plugin.major_minor() && host.variant == plugin.variant &&
         host.cxx11abi == plugin.cxx11abi && host.stl == plugin.stl &&
         host.debugstl == plugin.debugstl;
}

}  // namespace clh::core
