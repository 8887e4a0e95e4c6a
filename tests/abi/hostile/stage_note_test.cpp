// Plugins whose note is missing, malformed, or not true.
#include "tests/abi/hostile/hostile_test.hpp"
#include "tests/support/elf_image.hpp"

namespace clh::test {
namespace {

namespace fs = std::filesystem;

const std::string kBuildAgain = "build it again with clh_add_plugin";
const std::string kAuthor = "report it to the plugin's author";

class NoteStage : public HostileTest {
 protected:
  /// A definition for the C preprocessor, as a text of C.
  static std::string define(const std::string& macro, const std::string& text) {
    std::string quoted;
    for (const char letter : text) {
      quoted += letter == '\n' ? "\\n" : letter == '"' ? "\\\"" : std::string(1, letter);
    }
    return "-D" + macro + "=\"" + quoted + '"';
  }

  /// The well-behaved plugin with another note.
  fs::path with_note(const std::string& name, const std::string& text) const {
    return build("plugins/" + name, {"well_behaved.c"}, {define("NOTE", text)});
  }

  /// The well-behaved plugin's own note; `component`, `id` and `needs` may lie.
  static std::string note(const std::string& component = "dataset:well-behaved",
                          const std::string& id = "org.clh.test.well-behaved",
                          const std::string& needs = "needs=\n") {
    return "clh-plugin 1\nabi=0.2 min=0.2\nid=" + id +
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
  const auto file = build("plugins/well_behaved", {"well_behaved.c"}, {"-DWITHOUT_NOTE"});
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
  const auto oversized = folder() / "plugins" / "oversized.so";
  const auto in_note = [](const std::string& expected, int line, const std::string& found) {
    return "expected " + expected + " in line " + std::to_string(line) +
           " of the plugin note, found \"" + found + '"';
  };
  std::vector<RefusedFile> files = {
      {with_note("garbage", "garbage"), "bad-note", in_note("\"clh-plugin 1\"", 1, "garbage"),
       kBuildAgain},
      {with_note("bytes", "clh-plugin 1\nabi=0.2 min=0.2\nid=org.\001\033[2J\n"), "bad-note",
       in_note("printable ASCII", 3, "id=org.??[2J"), kBuildAgain},
      {with_note("half", "clh-plugin 1\nabi=0.2 min=0.2\nid=org.clh.hostile.half\n"), "bad-note",
       "expected a line \"version=\" in the plugin note, found none", kBuildAgain},
      {build("plugins/two", {"well_behaved.c"}, {define("SECOND_NOTE", note())}), "bad-note",
       "expected one plugin note (.note.clh), found two", "build it with one clh_add_plugin call"},
      {with_note("torch_line", note("dataset:well-behaved", "org.clh.hostile.line",
                                    "needs=\ntorch=" + NoteText().fingerprint + "\n")),
       "bad-note",
       "expected needs=torch beside the line \"torch=\" in the plugin note, found needs=",
       kBuildAgain},
      {with_note("old_torch", note("dataset:well-behaved", "org.clh.hostile.old",
                                   "needs=torch\ntorch=0.4.1 variant=cpu cxx11abi=7 "
                                   "stl=libstdc++ debugstl=0\n")),
       "torch-mismatch",
       "expected a plugin built for libtorch " +
           fingerprint().substr(0, fingerprint().find('.', fingerprint().find('.') + 1)) +
           " (cxx11abi=1), found libtorch 0.4 (cxx11abi=7)",
       "rebuild it against this host: cmake -S <source> -B b -DClhSdk_DIR=<dir> && cmake --build "
       "b"}};
  std::ofstream(oversized, std::ios::binary) << plugin_image(big);
  files.push_back(
      {oversized, "bad-note",
       "expected a plugin note of at most 65536 bytes, found " + std::to_string(big.text().size()),
       "shorten it"});
  expect_refused(files);
}

TEST_F(NoteStage, UnknownKeysAreAccepted) {
  const auto file = with_note("well_behaved", note() + "colour=\001blue\nfuture=1\n");
  const auto result = describe("well-behaved", file);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.find("well-behaved: Well behaved\n"), 0U) << result.out;
}

TEST_F(NoteStage, LyingProvides) {
  const auto file = with_note("stranger", note("dataset:stranger"));
  expect_error(describe("stranger", file), 3,
               "[table-mismatch]: " + file.string() +
                   ": expected what the note provides, found dataset:well-behaved in the table",
               kAuthor);
  const auto more = with_note("more", note("dataset:well-behaved model:stranger"));
  expect_error(describe("stranger", more), 3,
               "[table-mismatch]: " + more.string() +
                   ": expected 2 components as in the note, found 1 in the table",
               kAuthor);
}

TEST_F(NoteStage, LyingId) {
  const auto file = with_note("other_id", note("dataset:well-behaved", "org.clh.er"));
  expect_error(
      describe("well-behaved", file), 3,
      "[table-mismatch]: " + file.string() +
          ": expected the id \"org.clh.er\" as in the note, found \"org.clh.test.well-behaved\" in "
          "the table",
      kAuthor);
}

TEST_F(NoteStage, ForgedTorchLine) {
  const auto ours = fingerprint();
  const auto forged = note("dataset:well-behaved", "org.clh.test.well-behaved",
                           "needs=torch\ntorch=" + ours + "\n");
  const auto silent = with_note("silent", forged);
  expect_error(describe("well-behaved", silent), 3,
               "[bad-table]: " + silent.string() +
                   ": expected clh.torch/1 of a plugin that needs torch, found none",
               kAuthor);
  const auto sizes = build("plugins/sizes", {"well_behaved.c"},
                           {define("NOTE", forged), define("FORGED_TORCH", ours)});
  const auto result = describe("well-behaved", sizes);
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
