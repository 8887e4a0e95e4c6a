#include "core/options/renamed_options.hpp"

#include <map>

namespace clh::core {

std::string renamed_option(const std::string& key) {
  static const std::map<std::string, std::string> sentences = {
      {"variant",
       "variant is called formula now: formula=reference-code for variant=paper, "
       "formula=paper (the default) for variant=fixed"},
      {"normalise", "normalise is called normalize now"},
  };
  const auto found = sentences.find(key);
  return found == sentences.end() ? "" : found->second;
}

}  // namespace clh::core
