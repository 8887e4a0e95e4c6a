#include "core/text/identifiers.hpp"

#include <algorithm>
#include <charconv>

namespace clh::core {
namespace {

bool is_letter_or_digit(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
}

bool is_printable_byte(char letter) {
  return letter >= ' ' && letter <= '~';
}

std::optional<int> parse_number(std::string_view text) {
  constexpr int kLimit = 65536;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.front() == '-' || error != std::errc() ||
      end != text.data() + text.size() || number >= kLimit) {
    return std::nullopt;
  }
  return number;
}

}  // namespace

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  if (text.empty()) {
    return parts;
  }
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words = split(text, ' ');
  words.erase(std::remove_if(words.begin(), words.end(),
                             [](std::string_view word) { return word.empty(); }),
              words.end());
  return words;
}

std::optional<VersionPair> parse_version_pair(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) {
    return std::nullopt;
  }
  const auto left = parse_number(text.substr(0, dot)), right = parse_number(text.substr(dot + 1));
  if (!left || !right) {
    return std::nullopt;
  }
  return VersionPair{*left, *right};
}

bool is_kebab_case(std::string_view text) {
  return !text.empty() && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char letter) { return is_letter_or_digit(letter) || letter == '-'; });
}

bool is_plugin_id(std::string_view text) {
  const auto parts = split(text, '.');
  const auto legal = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char letter) {
      return is_letter_or_digit(letter) || (letter >= 'A' && letter <= 'Z') || letter == '-' ||
             letter == '_';
    });
  };
  return parts.size() >= 2 && std::all_of(parts.begin(), parts.end(), legal);
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_printable_byte);
}

std::string printable(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string result(text.substr(0, kLongest));
  std::replace_if(
      result.begin(), result.end(), [](char letter) { return !is_printable_byte(letter); }, '?');
  return result;
}

}  // namespace clh::core
