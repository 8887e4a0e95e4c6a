#include "tests/abi/hostile/hostile_test.hpp"

namespace clh::test {
namespace {

const std::string kAuthor = "report it to the plugin's author";
const std::string kDocumentation = "read the plugin's documentation";

/// What the host says of the table that CLH_HOSTILE_TABLE asks for.
struct Table {
  std::string fault, slug, text, fix = kAuthor;
};

class StageTable : public HostileTest {
 protected:
  /// Built once for all tests of the process.
  static const std::filesystem::path& file() {
    static const TemporaryDirectory directory;
    static const auto built = build_in(directory.path(), "hostile_table", {"hostile_table.c"});
    return built;
  }

  ProcessResult train(const std::string& fault) const {
    auto asked = request(tiny({"--json", "--plugin", file(), "model=hostile-table"}));
    asked.environment["CLH_HOSTILE_TABLE"] = fault;
    return run_process(asked);
  }
  void expect_refused(const std::vector<Table>& tables) const {
    for (const auto& table : tables) {
      SCOPED_TRACE(table.fault);
      expect_error(train(table.fault), 3,
                   '[' + table.slug + "]: " + file().string() + ": " + table.text, table.fix);
    }
  }
};

TEST_F(StageTable, AGoodOneIsAccepted) {
  expect_error(train("none"), 3,
               "[plugin-error]: org.clh.hostile.table 0.1.0 in create: the table was accepted",
               kAuthor);
}

TEST_F(StageTable, NoEntry) {
  const auto file = build("no_entry", {"no_entry.c"});
  expect_error(
      host(tiny({"--plugin", file, "model=hostile-no-entry"})), 3,
      "[no-entry]: " + file.string() + ": expected the symbol clh_plugin_entry, found none",
      "name the components with CLH_PLUGIN");
}

TEST_F(StageTable, NoneIsGiven) {
  expect_refused({{"null", "entry-refused",
                   "expected a table, found the plugin refusing: no reason given", kDocumentation},
                  {"refuses", "entry-refused",
                   "expected a table, found the plugin refusing: expected a full moon, found a new "
                   "one",
                   kDocumentation},
                  {"refuses-without-end", "entry-refused",
                   "expected a table, found the plugin refusing: " + std::string(kMessage, 'm'),
                   kDocumentation},
                  {"refuses-in-colour", "entry-refused",
                   "expected a table, found the plugin refusing: expected grey,?found ?[31mred",
                   kDocumentation}});
}

TEST_F(StageTable, VersionAndSize) {
  expect_refused(
      {{"major", "abi-mismatch", "expected plugin ABI 0.2, found 1.2"},
       {"newer-minor", "abi-mismatch",
        "expected plugin ABI 0.2, found 0.3, which needs at least 0.3"},
       {"size-0", "bad-table", "expected a table with its size and version, found 0 bytes"},
       {"size-short", "bad-table", "expected a table of 80 to 4096 bytes, found 72"},
       {"size-huge", "bad-table", "expected a table of 80 to 4096 bytes, found 4294967295"}});
}

TEST_F(StageTable, OtherThanItsNote) {
  expect_refused({{"id-other", "table-mismatch",
                   "expected the id \"org.clh.hostile.table\" as in the note, found "
                   "\"org.clh.hostile.other\" in the table"},
                  {"version-null", "table-mismatch",
                   "expected the version \"0.1.0\" as in the note, found \"none\" in the table"},
                  {"fewer-components", "table-mismatch",
                   "expected 2 components as in the note, found 1 in the table"}});
}

TEST_F(StageTable, Components) {
  expect_refused(
      {{"components-null", "bad-table", "expected a list of components, found none"},
       {"component-null", "bad-table", "expected component 0, found none"},
       {"component-short", "bad-table", "expected a component of 80 to 4096 bytes, found 16"},
       {"component-huge", "bad-table",
        "expected a component of 80 to 4096 bytes, found 1073741824"},
       {"kind-unknown", "bad-table", "expected a known kind, found 77"},
       {"create-null", "bad-table", "expected hostile-table with create, found none"},
       {"id-null", "bad-table", "expected a kebab-case component id, found none"},
       {"id-bad", "bad-table", "expected a kebab-case component id, found Hostile Table"},
       {"id-twice", "bad-table", "expected model:hostile-table once, found it twice"},
       {"title-null", "bad-table", "expected hostile-table with a title, found none"},
       {"doc-null", "bad-table", "expected hostile-table with a text, found none"}});
}

TEST_F(StageTable, Options) {
  expect_refused(
      {{"params-null", "bad-table", "expected a list of options, found none"},
       {"option-size", "bad-table",
        "expected options of one size, at least that of ABI 0.1, found 8 bytes"},
       {"option-without-text", "bad-table", "expected option colour with a text, found none"},
       {"option-twice", "bad-table", "expected option size once, found it twice"},
       {"default-out-of-bounds", "bad-table",
        "expected option size's default within its bounds, found 12"},
       {"default-not-finite", "bad-table",
        "expected option size's default within its bounds, found nan"},
       {"default-no-choice", "bad-table",
        "expected option colour's default among its choices, found choice 2"},
       {"default-of-another-type", "bad-table",
        "expected option size's default of its own type, found another type"}});
}

TEST_F(StageTable, AnotherOneAtTheSecondCall) {
  const std::string other =
      "expected the same table at every call of clh_plugin_entry, found another";
  expect_refused(
      {{"another-table-each-call", "bad-table", other},
       {"other-words-each-call", "bad-table", other},
       {"null-on-the-second-call", "entry-refused",
        "expected a table, found the plugin refusing: no reason given", kDocumentation}});
}

}  // namespace
}  // namespace clh::test
