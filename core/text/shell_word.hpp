#pragma once

#include <string>

namespace clh::core {

/// Returns: the text as a shell reads it back as one word: quoted only where that is needed.
std::string shell_word(const std::string& text);

}  // namespace clh::core
