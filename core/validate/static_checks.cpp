#include "core/validate/static_checks.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/error.hpp"
#include "core/plugins/plugin_trust.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

std::string list_text(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < 5; ++i) {
    text += (i == 0 ? "" : ", ") + printable(names[i]);
  }
  return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

std::string check_elf(Subject& subject) {
  subject.elf();
  return "";
}

std::string check_note(Subject& subject) {
  const auto& note = subject.note();
  return note.id + " " + note.version;
}

std::string check_host(Subject& subject) {
  check_gates(subject.elf(), subject.note(), subject.host(), subject.path().string());
  return "";
}

/// Whoever may write to the file may run code as its users; where it is built that is the author's
/// own affair, where it is installed the loader refuses it.
std::string check_path(Subject& subject) {
  try {
    check_permissions(PluginFile(subject.path()), trusted_executable());
  } catch (const Error& e) {
    throw CheckWarned{"a file that only its owner and root can change, as train asks for",
                      e.what()};
  }
  return "";
}

std::string check_exports(Subject& subject) {
  const auto& exported = subject.symbols().exported;
  const bool one = exported.size() == 1 && exported[0] == "clh_plugin_entry";
  expect(one, "the one export clh_plugin_entry (build with clh_add_plugin)",
         exported.empty() ? "none" : list_text(exported));
  return "";
}

std::string check_unique(Subject& subject) {
  const auto& unique = subject.symbols().unique;
  expect(unique.empty(), "no STB_GNU_UNIQUE symbol (-fno-gnu-unique)", list_text(unique));
  return "";
}

std::string check_relocations(Subject& subject) {
  expect(!subject.symbols().text_relocations, "code without text relocations (-fPIC)",
         "DT_TEXTREL");
  return "";
}

std::string check_stack(Subject& subject) {
  expect(!subject.symbols().executable_stack, "a stack that is not executable (-z noexecstack)",
         "an executable one");
  return "";
}

std::string check_search_path(Subject& subject) {
  const auto& path = subject.symbols().search_path;
  expect(path.empty(), "no RPATH or RUNPATH: the host's libraries must win", printable(path));
  return "";
}

bool links_torch(const ElfFile& elf) {
  return std::any_of(elf.needed.begin(), elf.needed.end(), [](const std::string& library) {
    const auto name = library.substr(library.rfind('/') + 1);
    return name.rfind("libtorch", 0) == 0 || name.rfind("libc10", 0) == 0;
  });
}

std::string check_needs(Subject& subject) {
  const bool says = subject.note().needs_torch, links = links_torch(subject.elf());
  expect(says == links, says ? "a plugin that needs torch to link it" : "no LibTorch (needs=)",
         links ? "LibTorch among its libraries" : "no LibTorch among its libraries");
  return says ? "torch" : "neutral";
}

/// Whether version `a` ("2.34") is lower than `b` ("2.4").
bool version_less(const std::string& a, const std::string& b) {
  const auto numbers = [](const std::string& text) {
    std::vector<long> parts;
    for (const auto part : split(text, '.')) {
      parts.push_back(std::strtol(std::string(part).c_str(), nullptr, 10));
    }
    return parts;
  };
  return numbers(a) < numbers(b);
}

/// What the oldest system must offer: information, not a fault.
std::string report_floor(Subject& subject) {
  std::string text;
  for (const std::string prefix : {"GLIBC_", "GLIBCXX_"}) {
    std::string highest;
    for (const auto& version : subject.symbols().versions) {
      if (version.rfind(prefix, 0) == 0) {
        const auto number = version.substr(prefix.size());
        highest = highest.empty() || version_less(highest, number) ? number : highest;
      }
    }
    if (!highest.empty()) {
      text += (text.empty() ? "" : ", ") + prefix + highest;
    }
  }
  return text.empty() ? "no versioned symbol" : text;
}

}  // namespace

std::vector<Check> static_checks(Subject& subject) {
  const auto check = [&](const char* name, const char* promise, std::string (*function)(Subject&),
                         bool gate = false) {
    return Check{name, "", promise, gate, [&subject, function] { return function(subject); }};
  };
  return {
      check("static.elf", "a 64-bit shared object with sound headers", check_elf, true),
      check("static.path", "a file that only its owner and root can change", check_path),
      check("static.note", "a plugin note that can be read", check_note, true),
      check("static.exports", "one exported symbol", check_exports),
      check("static.unique", "no STB_GNU_UNIQUE symbol", check_unique),
      check("static.relocations", "no text relocations", check_relocations),
      check("static.stack", "a stack that is not executable", check_stack),
      check("static.search-path", "no RPATH or RUNPATH", check_search_path),
      check("static.needs", "needs= that agrees with the linked libraries", check_needs),
      check("static.floor", "the newest C and C++ library versions asked for", report_floor),
      check("static.host", "this host's machine, ABI, LibTorch and OpenMP", check_host, true),
  };
}

}  // namespace clh::core
