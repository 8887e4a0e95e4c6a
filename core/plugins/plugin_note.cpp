#include "core/plugins/plugin_note.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "core/plugins/torch_fingerprint.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

constexpr std::string_view kFirstLine = "clh-plugin 1";

// "model:er" -> {model, er}; an illegal text gives an empty kind.
ProvidedComponent parse_component(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || !is_kebab_case(text.substr(0, colon)) ||
      !is_kebab_case(text.substr(colon + 1))) {
    return {};
  }
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

class NoteParser final {
 public:
  NoteParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  PluginNote parse() {
    while (!text_.empty() && text_.back() == '\0') {
      text_.remove_suffix(1);
    }
    std::size_t number = 0;
    for (const std::string_view line : split(text_, '\n')) {
      line_ = line;
      number_ = ++number;
      if (number == 1) {
        require(line == kFirstLine, "\"clh-plugin 1\"");
      } else if (!line.empty()) {
        parse_line();
      }
    }
    check_whole();
    return std::move(note_);
  }

 private:
  using Handler = void (NoteParser::*)(std::string_view value);
  struct Key {
    std::string_view name;
    Handler handler;
    bool required;
  };

  static const std::array<Key, 9>& keys() {
    static constexpr std::array<Key, 9> kKeys = {{{"abi", &NoteParser::parse_abi, true},
                                                  {"id", &NoteParser::parse_id, true},
                                                  {"version", &NoteParser::parse_version, true},
                                                  {"license", &NoteParser::parse_license, true},
                                                  {"provides", &NoteParser::parse_provides, true},
                                                  {"needs", &NoteParser::parse_needs, true},
                                                  {"torch", &NoteParser::parse_torch, false},
                                                  {"caps", &NoteParser::parse_caps, false},
                                                  {"cc", &NoteParser::parse_compiler, false}}};
    return kKeys;
  }

  [[noreturn]] void fail(const std::string& expected_and_found) const {
    throw Error("bad-note", where_ + ": expected " + expected_and_found,
                "build it again with clh_add_plugin", kExitPlugin);
  }

  void require(bool legal, const std::string& expected) const {
    if (!legal) {
      fail(expected + " in line " + std::to_string(number_) + " of the plugin note, found \"" +
           printable(line_) + "\"");
    }
  }

  void require_key(std::string_view key) const {
    if (keys_seen_.count(key) == 0) {
      fail("a line \"" + std::string(key) + "=\" in the plugin note, found none");
    }
  }

  void parse_line() {
    const auto equals = line_.find('=');
    require(equals != std::string_view::npos && equals > 0, "key=value");
    const std::string_view name = line_.substr(0, equals);
    const auto key = std::find_if(keys().begin(), keys().end(),
                                  [name](const Key& known) { return known.name == name; });
    if (key == keys().end()) {
      return;
    }
    require(is_printable(line_), "printable ASCII");
    require(keys_seen_.insert(key->name).second, "each key once");
    (this->*key->handler)(line_.substr(equals + 1));
  }

  // "0.1 min=0.1"
  void parse_abi(std::string_view value) {
    constexpr std::string_view kMin = "min=";
    const auto words = split_words(value);
    const char* expected = "abi=<major>.<minor> min=<major>.<minor>";
    require(words.size() >= 2 && words[1].substr(0, kMin.size()) == kMin, expected);
    const auto abi = parse_version_pair(words[0]);
    const auto min = parse_version_pair(words[1].substr(kMin.size()));
    require(abi && min && min->major_number == abi->major_number &&
                min->minor_number <= abi->minor_number,
            expected);
    note_.abi_major = abi->major_number;
    note_.abi_minor = abi->minor_number;
    note_.min_minor = min->minor_number;
  }

  void parse_id(std::string_view value) {
    require(is_plugin_id(value), "a reverse-domain id such as org.example.er");
    note_.id = value;
  }

  void parse_version(std::string_view value) {
    require(!value.empty(), "a version");
    note_.version = value;
  }

  void parse_license(std::string_view value) {
    require(!value.empty(), "a license");
    note_.license = value;
  }

  void parse_provides(std::string_view value) {
    for (const std::string_view word : split_words(value)) {
      ProvidedComponent component = parse_component(word);
      require(!component.kind.empty(), "components such as model:er");
      require(!note_.offers(component.kind, component.name), "each component once");
      note_.provides.push_back(std::move(component));
    }
    require(!note_.provides.empty(), "at least one component");
  }

  void parse_needs(std::string_view value) {
    require(value.empty() || value == "torch", "needs=torch or needs=");
    note_.needs_torch = !value.empty();
  }

  void parse_torch(std::string_view value) {
    require(parse_torch_fingerprint(value).has_value(),
            "torch=<version> variant= cxx11abi= stl= debugstl=");
    note_.torch = value;
  }

  void parse_caps(std::string_view value) {
    for (const std::string_view word : split_words(value)) {
      require(!parse_component(word.substr(0, word.find('='))).kind.empty() &&
                  word.find('=') != std::string_view::npos,
              "capabilities such as model:er=class-il,task-il");
      note_.caps.emplace_back(word);
    }
  }

  void parse_compiler(std::string_view value) { note_.compiler = value; }

  void check_whole() const {
    if (number_ == 0) {
      fail("a plugin note with text, found an empty one");
    }
    for (const Key& key : keys()) {
      if (key.required) {
        require_key(key.name);
      }
    }
    if (note_.needs_torch) {
      require_key("torch");
    } else if (!note_.torch.empty()) {
      fail("needs=torch beside the line \"torch=\" in the plugin note, found needs=");
    }
    for (const std::string& caps : note_.caps) {
      const ProvidedComponent owner = parse_component(caps.substr(0, caps.find('=')));
      if (!note_.offers(owner.kind, owner.name)) {
        fail("capabilities of provided components in the plugin note, found " + owner.kind + ":" +
             owner.name);
      }
    }
  }

  std::string_view text_, line_;
  const std::string& where_;
  std::size_t number_ = 0;  // of line_, from 1
  std::set<std::string_view> keys_seen_;
  PluginNote note_;
};

}  // namespace

bool PluginNote::offers(std::string_view kind, std::string_view name) const {
  return std::any_of(provides.begin(), provides.end(), [&](const ProvidedComponent& component) {
    return component.kind == kind && component.name == name;
  });
}

std::vector<std::string> PluginNote::caps_of(std::string_view kind, std::string_view name) const {
  const std::string owner = std::string(kind) + ":" + std::string(name) + "=";
  std::vector<std::string> result;
  for (const std::string_view item : caps) {
    if (item.substr(0, owner.size()) == owner) {
      for (const std::string_view capability : split(item.substr(owner.size()), ',')) {
        result.emplace_back(capability);
      }
    }
  }
  return result;
}

PluginNote parse_plugin_note(std::string_view text, const std::string& where) {
  return NoteParser(text, where).parse();
}

}  // namespace clh::core
