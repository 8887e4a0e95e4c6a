// The text of clh/abi.h, with its includes in place, as a set of declarations, and the minor that
// could come after it.
#pragma once

#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace clh::test {

/// The text without comments, each preprocessor line ended with ";", white space as one blank and
/// none beside a sign.
inline std::string plain_text(const std::string& header) {
  auto text = std::regex_replace(header, std::regex("/\\*[^*]*\\*+([^/*][^*]*\\*+)*/"), " ");
  text = std::regex_replace(text, std::regex("(^|\n)(#[^\n]*)"), "$1$2;");
  text = std::regex_replace(text, std::regex("\\s+"), " ");
  return std::regex_replace(text, std::regex(" ?([^\\w\\s]) ?"), "$1");
}

/// Plain text with `T a,*b;` as `T a;T*b;`, so that it is the same however members share lines.
/// Enumerators and what stands in parentheses are left as they are.
inline std::string one_by_one(const std::string& plain) {
  const std::regex declarator("(.*\\w)[ *]\\*?\\w+(\\[\\d+\\])?");
  std::string text, part, type;
  int parentheses = 0;
  bool enumerators = false;
  for (const char c : plain) {
    parentheses += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (parentheses != 0 || std::string(";{},").find(c) == std::string::npos ||
        (c == ',' && enumerators)) {
      part += c;
      continue;
    }
    std::smatch match;
    if (c == ',' && type.empty() && std::regex_match(part, match, declarator)) {
      type = match[1];
    }
    enumerators = c == '{' && part.size() >= 4 && part.compare(part.size() - 4, 4, "enum") == 0;
    text += part + (c == ',' ? ';' : c);
    type = c == ',' ? type : "";
    part = type.empty() ? "" : type + " ";
  }
  // A star after the repeated type has lost its blank.
  return std::regex_replace(text + part, std::regex(" \\*"), "*");
}

/// What a header declares and defines, each once, in the order of the alphabet: so it is the same
/// text however it is divided into files. Includes, guards and `extern "C"` are left out.
inline std::set<std::string> declarations(const std::string& header) {
  const std::regex frame(
      "#include[^;]*;|#ifndef CLH_ABI_(\\w+_)?H;#define CLH_ABI_(\\w+_)?H;|"
      "#ifdef __cplusplus;(extern\"C\"\\{|\\})#endif;");
  const auto code = std::regex_replace(one_by_one(plain_text(header)), frame, "");
  std::set<std::string> found;
  std::string part;
  int depth = 0;
  for (const char c : code) {
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    part += c;
    if (c == ';' && depth == 0) {
      found.insert(part);
      part.clear();
    }
  }
  found.insert(part);
  return found;
}

/// The declarations inside each struct of a header, "{" and "}" left out.
/// Inputs:  a header with balanced braces, structs named `struct <name> {`.
inline std::map<std::string, std::string> structs_of(const std::string& header) {
  const auto code = one_by_one(plain_text(header));
  std::map<std::string, std::string> structs;
  const std::regex opening("struct (clh_\\w+)\\{");
  for (std::sregex_iterator match(code.begin(), code.end(), opening), none; match != none;
       ++match) {
    const auto begin = static_cast<std::size_t>(match->position() + match->length());
    auto end = begin;
    for (int depth = 1; depth > 0; ++end) {
      depth += code.at(end) == '{' ? 1 : code[end] == '}' ? -1 : 0;
    }
    structs[(*match)[1]] = code.substr(begin, end - 1 - begin);
  }
  return structs;
}

/// What in `newer` breaks a plugin compiled with `older`: a struct that is gone, or whose
/// declarations do not begin with the older ones. Names may not change either: sources must go on
/// compiling.
inline std::vector<std::string> breaks(const std::string& older, const std::string& newer) {
  std::vector<std::string> found;
  const auto now = structs_of(newer);
  for (const auto& [name, members] : structs_of(older)) {
    const auto match = now.find(name);
    if (match == now.end()) {
      found.push_back(name + " is gone");
    } else if (match->second.compare(0, members.size(), members) != 0) {
      found.push_back(name + " is no longer a prefix of itself");
    }
  }
  return found;
}

/// Replaces `text`, which must occur once.
inline std::string replaced(std::string header, const std::string& text, const std::string& with) {
  const auto place = header.find(text);
  if (place == std::string::npos || header.find(text, place + 1) != std::string::npos) {
    throw std::invalid_argument("expected once: " + text);
  }
  return header.replace(place, text.size(), with);
}

/// The header as a next minor would be written: one member appended to clh_host and one to
/// clh_node_vt, both hidden below that minor.
inline std::string next_minor(std::string header) {
  const auto append = [&header](const std::string& name, const std::string& member) {
    header = replaced(header, "} " + name + ";",
                      "\n#if CLH_TARGET_MINOR > 2\n  " + member + "\n#endif\n} " + name + ";");
    const std::regex size("(sizeof\\(" + name + "\\) == [^,]+),");
    header = std::regex_replace(header, size, "$1 + (CLH_TARGET_MINOR > 2 ? 8 : 0),");
  };
  header = replaced(header, "#define CLH_ABI_MINOR 2", "#define CLH_ABI_MINOR 3");
  append("clh_host", "int64_t (*uptime)(void* ctx);");
  append("clh_node_vt", "clh_call_fn *prune;");
  return header;
}

}  // namespace clh::test
