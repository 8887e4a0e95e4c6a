// Animals whose note is missing, malformed, or not true.
#include "tests/abi/zoo/zoo_test.hpp"
#include "tests/support/elf_image.hpp"

namespace clh::test {
namespace {

namespace fs = std::filesystem;

const std::string kBuildAgain = "build it again with clh_add_plugin";
const std::string kAuthor = "report it to the plugin's author";

class NoteStage : public ZooTest {
 protected:
  /// A definition for the C preprocessor, as a text of C.
  static std::string define(const std::string& macro, const std::string& text) {
    std::string quoted;
    for (const char letter : text) {
      quoted += letter == '\n' ? "\\n" : letter == '"' ? "\\\"" : std::string(1, letter);
    }
    return "-D" + macro + "=\"" + quoted + '"';
  }

  /// The tame animal with another note.
  fs::path with_note(const std::string& name, const std::string& text) const {
    return build("cage/" + name, {"tame.c"}, {define("NOTE", text)});
  }

  /// The tame animal's own note; `component`, `id` and `needs` may lie.
  static std::string note(const std::string& component = "dataset:tame",
                          const std::string& id = "org.clh.zoo.tame",
                          const std::string& needs = "needs=\n") {
    return "clh-plugin 1\nabi=0.1 min=0.1\nid=" + id +
           "\nversion=1.0.0\nlicense=MIT\nprovides=" + component + "\n" + needs;
  }

  /// The host's LibTorch in the form of a note.
  std::string fingerprint() const {
    for (const auto& finding : nlohmann::json::parse(host({"doctor", "--json"}).out)) {
      if (finding["what"] == "torch fingerprint") {
        return finding["value"];
      }
    }
    ADD_FAILURE() << "expected a torch fingerprint, found none";
    return "";
  }

  ProcessResult describe(const std::string& component, const fs::path& file) const {
    return host(Words{"describe", component} + only(file));
  }
};

TEST_F(NoteStage, None) {
  const auto file = build("cage/tame", {"tame.c"}, {"-DWITHOUT_NOTE"});
  expect_error(host(Words{"list"} + only(file)), 3,
               "[no-note]: " + file.string() + ": expected a plugin note (.note.clh), found none",
               "name a shared object built with clh_add_plugin");
  const auto list = host({"list", "--no-default-plugins", "--plugin-dir", file.parent_path()});
  EXPECT_EQ(list.exit_code, 0);
  EXPECT_EQ(list.out, "no plugin found; cl-host doctor shows where was searched\n");
}

TEST_F(NoteStage, Malformed) {
  NoteText big;
  big.more = std::string(65536, '#');
  const auto oversized = folder() / "cage" / "oversized.so";
  const auto in_note = [](const std::string& expected, int line, const std::string& found) {
    return "expected " + expected + " in line " + std::to_string(line) +
           " of the plugin note, found \"" + found + '"';
  };
  std::vector<Animal> animals = {
      {with_note("garbage", "garbage"), "bad-note", in_note("\"clh-plugin 1\"", 1, "garbage"),
       kBuildAgain},
      {with_note("bytes", "clh-plugin 1\nabi=0.1 min=0.1\nid=org.\001\033[2J\n"), "bad-note",
       in_note("printable ASCII", 3, "id=org.??[2J"), kBuildAgain},
      {with_note("half", "clh-plugin 1\nabi=0.1 min=0.1\nid=org.clh.zoo.half\n"), "bad-note",
       "expected a line \"version=\" in the plugin note, found none", kBuildAgain},
      {build("cage/two", {"tame.c"}, {define("SECOND_NOTE", note())}), "bad-note",
       "expected one plugin note (.note.clh), found two", "build it with one clh_add_plugin call"},
      {with_note("torch_line", note("dataset:tame", "org.clh.zoo.line",
                                    "needs=\ntorch=" + NoteText().fingerprint + "\n")),
       "bad-note",
       "expected needs=torch beside the line \"torch=\" in the plugin note, found needs=",
       kBuildAgain},
      {with_note("old_torch", note("dataset:tame", "org.clh.zoo.old",
                                   "needs=torch\ntorch=0.4.1 variant=cpu cxx11abi=7 "
                                   "stl=libstdc++ debugstl=0\n")),
       "torch-mismatch",
       "expected a plugin built for libtorch " +
           fingerprint().substr(0, fingerprint().find('.', fingerprint().find('.') + 1)) +
           " (cxx11abi=1), found libtorch 0.4 (cxx11abi=7)",
       "rebuild it against this host: cmake -S <source> -B b -DClhSdk_DIR=<dir> && cmake --build "
       "b"}};
  std::ofstream(oversized, std::ios::binary) << plugin_image(big);
  animals.push_back(
      {oversized, "bad-note",
       "expected a plugin note of at most 65536 bytes, found " + std::to_string(big.text().size()),
       "shorten it"});
  expect_refused(animals);
}

TEST_F(NoteStage, UnknownKeysAreAccepted) {
  const auto file = with_note("tame", note() + "colour=\001blue\nfuture=1\n");
  const auto result = describe("tame", file);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("tame: Tame\n"), 0U) << result.out;
}

TEST_F(NoteStage, LyingProvides) {
  const auto file = with_note("wolf", note("dataset:wolf"));
  expect_error(describe("wolf", file), 3,
               "[table-mismatch]: " + file.string() +
                   ": expected what the note provides, found dataset:tame in the table",
               kAuthor);
  const auto more = with_note("more", note("dataset:tame model:wolf"));
  expect_error(describe("wolf", more), 3,
               "[table-mismatch]: " + more.string() +
                   ": expected 2 components as in the note, found 1 in the table",
               kAuthor);
}

TEST_F(NoteStage, LyingId) {
  const auto file = with_note("sheep", note("dataset:tame", "org.clh.er"));
  expect_error(describe("tame", file), 3,
               "[table-mismatch]: " + file.string() +
                   ": expected the id \"org.clh.er\" as in the note, found \"org.clh.zoo.tame\" in "
                   "the table",
               kAuthor);
}

TEST_F(NoteStage, ForgedTorchLine) {
  const auto ours = fingerprint();
  const auto forged = note("dataset:tame", "org.clh.zoo.tame", "needs=torch\ntorch=" + ours + "\n");
  const auto silent = with_note("silent", forged);
  expect_error(describe("tame", silent), 3,
               "[bad-table]: " + silent.string() +
                   ": expected clh.torch/1 of a plugin that needs torch, found none",
               kAuthor);
  const auto sizes =
      build("cage/sizes", {"tame.c"}, {define("NOTE", forged), define("FORGED_TORCH", ours)});
  const auto result = describe("tame", sizes);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err.find("error[torch-mismatch]: " + sizes.string() +
                            ": expected LibTorch objects of "),
            0U)
      << result.err;
  EXPECT_NE(result.err.find(" bytes, found 1/1/1\n  fix: " + kAuthor + "\n"), std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace clh::test
