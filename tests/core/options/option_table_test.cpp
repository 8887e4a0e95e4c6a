#include "core/options/option_table.hpp"

#include "core/options/toml_text.hpp"
#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace option_table_test {

enum class Colour { kRed, kGreen };

struct EveryType {
  bool flag = false;
  std::int64_t count = 500;
  double rate = 0.5;
  std::string title = "none";
  Colour colour = Colour::kGreen;
  std::filesystem::path folder = "data";
  std::vector<std::int64_t> widths{3, 4};
  std::vector<double> shares;
  void bind(clh::OptionBinder& option) {
    option("flag", flag, "a switch");
    option("count", count, "a number").min(1);
    option("rate", rate, "a share").above(0).max(1);
    option("title", title, "a text");
    option("colour", colour, "a choice").choices({"red", "green"});
    option("folder", folder, "a path");
    option("widths", widths, "sizes").range(1, 9);
    option("shares", shares, "parts").below(2);
  }
};

struct Demanding {
  std::string key;
  std::int64_t old = 1;
  double plain = 0;
  void bind(clh::OptionBinder& option) {
    option("key", key, "must be given").required();
    option("old", old, "use plain instead").deprecated();
    option("plain", plain, "any number");
  }
};

const TableLabel kModel{"model", "org.clh.er/er", "er"};
const PathBase kPaths{"/srv", "/home/ada"};

/// A table resolved from TOML, or from `key=value` pairs as they come from the command line.
template <class Options>
struct Resolved {
  explicit Resolved(const ConfigTable& user)
      : params(clh::describe_options<Options>()),
        table(resolve_table({params.params.data(), params.params.size()}, user, kModel, kPaths, {},
                            warnings)),
        options(clh::read_options<Options>(table.values.data())) {}

  clh::ParamTable params;
  std::vector<std::string> warnings;
  ResolvedTable table;
  Options options;
};

template <class Options = EveryType>
Resolved<Options> from_toml(const std::string& text) {
  return Resolved<Options>(read_toml(text, "test"));
}

template <class Options = EveryType>
Resolved<Options> typed(const std::string& key, const std::string& value) {
  ConfigTable user;
  user.set(key, read_override_value(value));
  return Resolved<Options>(user);
}

void expect_bad(const std::string& toml, const std::string& text, const std::string& fix) {
  const auto refusal = refusal_of([&] { from_toml(toml); });
  EXPECT_EQ(refusal.slug, "bad-option");
  EXPECT_EQ(refusal.text, text);
  EXPECT_EQ(refusal.fix, fix);
  EXPECT_EQ(refusal.exit_code, 2);
}

TEST(Schema, FillsInTheDefaults) {
  const auto resolved = from_toml("");
  const EveryType& options = resolved.options;
  EXPECT_FALSE(options.flag);
  EXPECT_EQ(options.count, 500);
  EXPECT_EQ(options.rate, 0.5);
  EXPECT_EQ(options.title, "none");
  EXPECT_EQ(options.colour, Colour::kGreen);
  EXPECT_EQ(options.folder, "/srv/data");
  EXPECT_EQ(options.widths, (std::vector<std::int64_t>{3, 4}));
  EXPECT_TRUE(options.shares.empty());
}

TEST(Schema, ReadsEveryType) {
  const auto resolved = from_toml(
      "flag = true\ncount = 7\nrate = 1\ntitle = \"x y\"\ncolour = \"red\"\nfolder = \"a/../b/\"\n"
      "widths = [1, 9]\nshares = [1, -0.5]\n");
  const EveryType& options = resolved.options;
  EXPECT_TRUE(options.flag);
  EXPECT_EQ(options.count, 7);
  EXPECT_EQ(options.rate, 1.0);
  EXPECT_EQ(options.title, "x y");
  EXPECT_EQ(options.colour, Colour::kRed);
  EXPECT_EQ(options.folder, "/srv/b");
  EXPECT_EQ(options.widths, (std::vector<std::int64_t>{1, 9}));
  EXPECT_EQ(options.shares, (std::vector<double>{1, -0.5}));
}

TEST(Schema, KeepsItsPointersWhenMoved) {
  const auto params = clh::describe_options<EveryType>();
  std::vector<std::string> warnings;
  ResolvedTable first = resolve_table({params.params.data(), params.params.size()},
                                      read_toml("title = \"moved\"\nwidths = [5]", "test"), kModel,
                                      kPaths, {}, warnings);
  ResolvedTable second;
  second = std::move(first);
  const auto options = clh::read_options<EveryType>(second.values.data());
  EXPECT_EQ(options.title, "moved");
  EXPECT_EQ(options.widths, (std::vector<std::int64_t>{5}));
}

TEST(Schema, ReadsTheCommandLineByTheOptionsType) {
  EXPECT_EQ(typed("title", "2024").options.title, "2024");
  EXPECT_EQ(typed("title", "true").options.title, "true");
  EXPECT_EQ(typed("title", "a,b").options.title, "a,b");
  EXPECT_EQ(typed("title", "1,2").options.title, "1,2");
  EXPECT_EQ(typed("title", "").options.title, "");
  EXPECT_EQ(typed("title", "\"quoted\"").options.title, "quoted");
  EXPECT_EQ(typed("rate", ".5").options.rate, 0.5);
  EXPECT_EQ(typed("rate", "1e-3").options.rate, 0.001);
  EXPECT_EQ(typed("colour", "red").options.colour, Colour::kRed);
  EXPECT_EQ(typed("widths", "[1,2]").options.widths, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(typed("widths", "1,2").options.widths, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(typed("widths", "8").options.widths, (std::vector<std::int64_t>{8}));
  EXPECT_EQ(typed("shares", "0.5").options.shares, (std::vector<double>{0.5}));
  EXPECT_EQ(typed("shares", "[]").options.shares, std::vector<double>());
}

TEST(Schema, MakesPathsAbsolute) {
  EXPECT_EQ(typed("folder", "/abs").options.folder, "/abs");
  EXPECT_EQ(typed("folder", ".").options.folder, "/srv");
  EXPECT_EQ(typed("folder", "~/x").options.folder, "/home/ada/x");
  EXPECT_EQ(typed("folder", "~").options.folder, "/home/ada");
  EXPECT_EQ(typed("folder", "~bob").options.folder, "/srv/~bob");
  EXPECT_EQ(typed("folder", "").options.folder, "");
  EXPECT_EQ(typed("folder", "/").options.folder, "/");
}

TEST(Schema, RefusesHomeWithoutHome) {
  const auto params = clh::describe_options<EveryType>();
  std::vector<std::string> warnings;
  const auto refusal = refusal_of([&] {
    resolve_table({params.params.data(), params.params.size()}, read_toml("folder = \"~/x\"", "t"),
                  kModel, {"/srv", ""}, {}, warnings);
  });
  EXPECT_EQ(refusal.text, "[model] folder: expected a path, found \"~/x\" and no home directory");
}

TEST(Schema, RefusesTheWrongType) {
  expect_bad("flag = 1", "[model] flag: expected true or false, found 1",
             "set it to false, the default");
  expect_bad("count = 1.5", "[model] count: expected an integer >= 1, found 1.5",
             "set it to 500, the default");
  expect_bad("count = \"many\"", "[model] count: expected an integer >= 1, found \"many\"",
             "set it to 500, the default");
  expect_bad("rate = \"x\"", "[model] rate: expected a number in (0, 1], found \"x\"",
             "set it to 0.5, the default");
  expect_bad("title = 3", "[model] title: expected a string, found 3",
             "set it to \"none\", the default");
  expect_bad("title = \"a\\u0000b\"",
             "[model] title: expected a string, found one with a zero byte",
             "set it to \"none\", the default");
  expect_bad("colour = \"blue\"", "[model] colour: expected one of red, green, found \"blue\"",
             "set it to green, the default");
  expect_bad("folder = [1]", "[model] folder: expected a path, found [1]",
             "set it to \"data\", the default");
  expect_bad("widths = \"x\"", "[model] widths: expected a list of integers in [1, 9], found \"x\"",
             "set it to [3, 4], the default");
  expect_bad("count = {a = 1}", "[model] count: expected an integer >= 1, found a table",
             "set it to 500, the default");
}

TEST(Schema, ChecksBounds) {
  expect_bad("count = 0", "[model] count: expected an integer >= 1, found 0",
             "set it to 500, the default");
  expect_bad("rate = 0", "[model] rate: expected a number in (0, 1], found 0",
             "set it to 0.5, the default");
  expect_bad("rate = 1.01", "[model] rate: expected a number in (0, 1], found 1.01",
             "set it to 0.5, the default");
  expect_bad("widths = [2, 10]",
             "[model] widths: expected a list of integers in [1, 9], found 10 as element 2",
             "set it to [3, 4], the default");
  expect_bad("shares = 2.0", "[model] shares: expected a list of numbers < 2, found 2.0",
             "set it to [], the default");
  EXPECT_EQ(from_toml("rate = 1.0").options.rate, 1.0);
  EXPECT_EQ(from_toml("shares = 1.999").options.shares.size(), 1u);
}

TEST(Schema, RefusesNumbersThatAreNotFinite) {
  for (const std::string found : {"nan", "inf", "-inf"}) {
    const auto refusal = refusal_of([&] { from_toml<Demanding>("key = \"k\"\nplain = " + found); });
    EXPECT_EQ(refusal.text, "[model] plain: expected a finite number, found " + found);
  }
}

TEST(Schema, AsksForARequiredOption) {
  const auto refusal = refusal_of([] { from_toml<Demanding>(""); });
  EXPECT_EQ(refusal.slug, "bad-option");
  EXPECT_EQ(refusal.text, "[model] key: expected a string, found none");
  EXPECT_EQ(refusal.fix, "set model.key=VALUE");
}

TEST(Schema, WarnsOfADeprecatedOptionInUse) {
  const auto used = from_toml<Demanding>("key = \"k\"\nold = 1");
  EXPECT_EQ(used.warnings, std::vector<std::string>{"[model] old: deprecated: use plain instead"});
  EXPECT_NE(used.table.tree.find("old"), nullptr);
  const auto unused = from_toml<Demanding>("key = \"k\"");
  EXPECT_TRUE(unused.warnings.empty());
  EXPECT_EQ(unused.table.tree.find("old"), nullptr);
}

TEST(Schema, NamesTheNearestOption) {
  const auto params = clh::describe_options<ErOptions>();
  const auto refuse = [&](const std::string& key, const TableLabel& label) {
    ConfigTable user;
    user.set(key, {std::int64_t{5}});
    std::vector<std::string> warnings;
    return refusal_of([&] {
      resolve_table({params.params.data(), params.params.size()}, user, label, kPaths, {},
                    warnings);
    });
  };
  const auto near = refuse("bufer-size", kModel);
  EXPECT_EQ(near.slug, "unknown-option");
  EXPECT_EQ(near.text,
            "[model] bufer-size: expected an option of org.clh.er/er, found an unknown key");
  EXPECT_EQ(near.fix, "did you mean \"buffer-size\"? cl-host describe er");
  EXPECT_EQ(near.exit_code, 2);
  EXPECT_EQ(refuse("zzz", kModel).fix, "see cl-host describe er");

  const TableLabel host{"train", "train", ""};
  EXPECT_EQ(refuse("bufer-size", host).fix, "did you mean \"train.buffer-size\"?");
  EXPECT_EQ(refuse("zzz", host).fix, "use one of train.buffer-size, train.minibatch");
}

}  // namespace option_table_test
}  // namespace clh::core
