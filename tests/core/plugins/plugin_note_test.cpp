#include "core/plugins/plugin_note.hpp"

#include "tests/support/elf_image.hpp"
#include "tests/support/error_of.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace plugin_note_test {

using test::NoteText;
using Names = std::vector<std::string>;

PluginNote parse(const std::string& text) {
  return parse_plugin_note(text, "x.so");
}

std::string refusal(const std::string& text) {
  const Error error = test::error_of([&] { parse(text); });
  EXPECT_EQ(error.slug(), "bad-note");
  EXPECT_EQ(error.exit_code(), kExitPlugin);
  EXPECT_EQ(error.fix(), "build it again with clh_add_plugin");
  return error.what();
}

// The note of NoteText with one piece of text in another form.
std::string changed(const std::string& from, const std::string& to) {
  NoteText note;
  note.torch = true;
  std::string text = note.text();
  const auto position = text.find(from);
  EXPECT_NE(position, std::string::npos) << from;
  return text.replace(position, from.size(), to);
}

TEST(PluginNote, ParsesEveryLine) {
  const PluginNote note = parse(
      "clh-plugin 1\nabi=1.4 min=1.2\nid=org.example.er\nversion=1.2.0\nlicense=MIT\n"
      "provides=model:er backbone:mlp-mixer\nneeds=torch\n"
      "torch=1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0\n"
      "caps=model:er=class-il,needs:task-count backbone:mlp-mixer=\ncc=12.2.0 std=201703\n");
  EXPECT_EQ(note.abi_major, 1);
  EXPECT_EQ(note.abi_minor, 4);
  EXPECT_EQ(note.min_minor, 2);
  EXPECT_EQ(note.id, "org.example.er");
  EXPECT_EQ(note.version, "1.2.0");
  EXPECT_EQ(note.license, "MIT");
  ASSERT_EQ(note.provides.size(), 2u);
  EXPECT_EQ(note.provides[0].kind, "model");
  EXPECT_EQ(note.provides[0].name, "er");
  EXPECT_TRUE(note.offers("backbone", "mlp-mixer"));
  EXPECT_FALSE(note.offers("model", "mlp-mixer"));
  EXPECT_TRUE(note.needs_torch);
  EXPECT_EQ(note.torch, "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0");
  EXPECT_EQ(note.compiler, "12.2.0 std=201703");
  EXPECT_EQ(note.caps_of("model", "er"), (Names{"class-il", "needs:task-count"}));
  EXPECT_EQ(note.caps_of("backbone", "mlp-mixer"), Names{});
  EXPECT_EQ(note.caps_of("model", "e"), Names{});
}

TEST(PluginNote, NeutralPluginHasNoTorchLine) {
  const PluginNote note = parse(NoteText().text());
  EXPECT_FALSE(note.needs_torch);
  EXPECT_EQ(note.torch, "");
  EXPECT_EQ(note.caps, Names{});
}

TEST(PluginNote, IgnoresUnknownKeysEmptyLinesAndTrailingNuls) {
  NoteText text;
  text.more = "\nfuture=\xc3\xa4 \x1b[31m\nfuture=again\n";
  EXPECT_EQ(parse(text.text() + std::string(3, '\0')).id, "org.example.er");
}

TEST(PluginNote, NamesTheMalformedLine) {
  EXPECT_EQ(refusal(changed("clh-plugin 1", "clh-plugin 2")),
            "x.so: expected \"clh-plugin 1\" in line 1 of the plugin note, found \"clh-plugin 2\"");
  EXPECT_EQ(refusal(changed("id=org", "org")),
            "x.so: expected key=value in line 3 of the plugin note, found \"org.example.er\"");
  EXPECT_EQ(refusal(changed("=org.example.er", "=er")),
            "x.so: expected a reverse-domain id such as org.example.er in line 3 of the plugin "
            "note, found \"id=er\"");
  EXPECT_EQ(refusal(changed("1.2.0", "1.2\x1b[0m")),
            "x.so: expected printable ASCII in line 4 of the plugin note, found "
            "\"version=1.2?[0m\"");
  EXPECT_EQ(refusal(changed("license=MIT", "id=org.example.b")),
            "x.so: expected each key once in line 5 of the plugin note, found "
            "\"id=org.example.b\"");
}

TEST(PluginNote, RefusesMalformedValues) {
  const std::string versions = "x.so: expected abi=<major>.<minor> min=<major>.<minor> in line 2";
  for (const char* abi : {"0.1", "", "0.1 max=0.1", "0 min=0", "0.1 min=1.1", "0.1 min=0.2",
                          "0.-1 min=0.-1", "0.1x min=0.1", "0.99999 min=0.1", " min=0.1"}) {
    EXPECT_EQ(refusal(changed("0.1 min=0.1", abi)).substr(0, versions.size()), versions) << abi;
  }
  for (const char* id : {"", "er", ".er", "org.", "org..er", "org/er.x", "org.e r"}) {
    refusal(changed("org.example.er", id));
  }
  for (const char* provides : {"", "er", "model:", ":er", "model:Er", "model:-er", "model:er:x",
                               "model:a/b", "model:er model:er", "model:er,backbone:x"}) {
    refusal(changed("model:er", provides));
  }
  refusal(changed("version=1.2.0", "version="));
  refusal(changed("license=MIT", "license="));
  refusal(changed("needs=torch", "needs=cuda"));
  refusal(changed(" debugstl=0", ""));
  refusal(changed("debugstl=0", "debugstl=0 debugstl=0"));
  refusal(changed("torch=1.13.0", "torch=1"));
  refusal(changed("torch=1.13.0 ", "torch="));
  for (const char* caps : {"class-il", "model:er", "er=class-il", "model:=class-il"}) {
    refusal(changed("cc=", "caps=" + std::string(caps) + "\ncc="));
  }
}

TEST(PluginNote, RefusesMissingLines) {
  EXPECT_EQ(refusal(""), "x.so: expected a plugin note with text, found an empty one");
  for (const char* key : {"abi", "id", "version", "license", "provides", "needs", "torch"}) {
    EXPECT_EQ(refusal(changed("\n" + std::string(key) + "=", "\nother-" + std::string(key) + "=")),
              "x.so: expected a line \"" + std::string(key) + "=\" in the plugin note, found none");
  }
}

TEST(PluginNote, RefusesLinesThatContradictEachOther) {
  EXPECT_EQ(refusal(changed("needs=torch", "needs=")),
            "x.so: expected needs=torch beside the line \"torch=\" in the plugin note, found "
            "needs=");
  EXPECT_EQ(refusal(changed("cc=", "caps=model:der=class-il\ncc=")),
            "x.so: expected capabilities of provided components in the plugin note, found "
            "model:der");
}

}  // namespace plugin_note_test
}  // namespace clh::core
