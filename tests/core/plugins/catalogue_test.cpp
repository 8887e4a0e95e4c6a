#include "core/plugins/catalogue.hpp"

#include <filesystem>

#include "tests/support/elf_image.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace clh::core {
namespace catalogue_test {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

HostFingerprint host() {
  HostFingerprint host;
  host.machine = EM_X86_64;
  host.abi_minor = 1;
  host.torch_fingerprint = "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
  return host;
}

std::string plugin(const std::string& id, const std::string& provides) {
  test::NoteText note;
  note.id = id;
  note.provides = provides;
  return test::plugin_image(note);
}

std::string plugin_for_abi(const std::string& abi) {
  test::NoteText note;
  note.abi = abi + " min=" + abi;
  return test::plugin_image(note);
}

class CatalogueTest : public ::testing::Test {
 protected:
  // Writes a plugin into the directory of an origin: "dir", "dir2", "env", "user".
  std::string put(const std::string& name, const std::string& bytes) {
    return directory_.write(name, bytes).string();
  }

  SearchPlaces places() const {
    fs::create_directories(directory_.path() / "dir");
    fs::create_directories(directory_.path() / "dir2");
    return {{PluginOrigin::kDirectory, directory_.path() / "dir"},
            {PluginOrigin::kDirectory, directory_.path() / "dir2"},
            {PluginOrigin::kEnvironment, directory_.path() / "env"},
            {PluginOrigin::kUser, directory_.path() / "user"}};
  }

  Catalogue scan() const { return Catalogue::scan(places(), host()); }

  static std::string refusal(const Catalogue& catalogue, const std::string& name) {
    const Error error = test::error_of([&] { catalogue.find("model", name); });
    return std::to_string(error.exit_code()) + " " + format(error);
  }

  test::TemporaryDirectory directory_;
};

TEST_F(CatalogueTest, FindsPluginsByNameAndById) {
  const auto path = put("dir/er.so", plugin("org.a.er", "model:er encoder:bits"));
  const Catalogue catalogue = scan();
  ASSERT_EQ(catalogue.entries().size(), 1u);
  const CatalogueEntry& entry = catalogue.entries()[0];
  EXPECT_EQ(entry.path, path);
  EXPECT_EQ(entry.origin, PluginOrigin::kDirectory);
  EXPECT_EQ(entry.note.id, "org.a.er");
  EXPECT_TRUE(entry.usable());
  EXPECT_EQ(entry.status, "");
  EXPECT_EQ(entry.component_status, (Names{"", ""}));
  EXPECT_EQ(entry.identity, identity_of(path));
  EXPECT_EQ(entry.identity.size, static_cast<std::int64_t>(fs::file_size(path)));
  EXPECT_EQ(&catalogue.find("model", "er"), &entry);
  EXPECT_EQ(&catalogue.find("encoder", "org.a.er/bits"), &entry);
  EXPECT_EQ(catalogue.names("model"), Names{"er"});
  EXPECT_EQ(catalogue.names("node"), Names{});
}

TEST_F(CatalogueTest, LooksAtSharedObjectsOfOneLevelInOrderOfName) {
  put("dir/b.so", plugin("org.a.b", "model:b"));
  put("dir/a.so", plugin("org.a.a", "model:a"));
  put("dir2/0.so", plugin("org.a.c", "model:c"));
  put("dir/deep/d.so", plugin("org.a.d", "model:d"));
  put("dir/e.so.1", plugin("org.a.e", "model:e"));
  put("dir/.so", plugin("org.a.f", "model:f"));
  Names ids;
  const Catalogue catalogue = scan();
  for (const CatalogueEntry& entry : catalogue.entries()) {
    ids.push_back(entry.note.id);
  }
  EXPECT_EQ(ids, (Names{"org.a.a", "org.a.b", "org.a.c"}));
}

TEST_F(CatalogueTest, SkipsLibrariesWithoutANote) {
  test::ElfImage library;
  library.notes.clear();
  put("dir/libz.so", library.bytes());
  EXPECT_TRUE(scan().entries().empty());
}

TEST_F(CatalogueTest, KeepsDamagedFilesAsEntries) {
  put("dir/a.so", "text");
  put("dir/b.so", plugin("org.a.b", "model:b").substr(0, 100));
  put("dir/c.so", plugin_for_abi("0.2"));
  put("dir/d.so/inside", "");
  fs::create_symlink("e.so", directory_.path() / "dir/e.so");
  ASSERT_EQ(::mkfifo((directory_.path() / "dir/f.so").c_str(), 0600), 0);
  put("dir/g.so", plugin("g", "model:g"));
  const Catalogue catalogue = scan();
  Names slugs;
  for (const CatalogueEntry& entry : catalogue.entries()) {
    slugs.push_back(entry.slug);
    EXPECT_FALSE(entry.usable());
    EXPECT_EQ(entry.status.substr(0, 9), "expected ");
  }
  EXPECT_EQ(slugs, (Names{"not-elf", "truncated", "abi-mismatch", "not-elf", "load-failed",
                          "not-elf", "bad-note"}));
  EXPECT_EQ(catalogue.entries()[2].status,
            "expected plugin ABI 0.1, found 0.2, which needs at least 0.2");
  EXPECT_EQ(catalogue.entries()[2].component_status, Names{catalogue.entries()[2].status});
  EXPECT_EQ(catalogue.names("model"), Names{});
}

TEST_F(CatalogueTest, ANamedFileMustBeAPlugin) {
  test::ElfImage library;
  library.notes.clear();
  const auto slug_of = [](const fs::path& file) {
    const Error error = test::error_of([&] {
      Catalogue::scan({{PluginOrigin::kFile, file}}, host());
    });
    EXPECT_EQ(error.exit_code(), kExitPlugin);
    EXPECT_EQ(std::string(error.what()).find(file.string() + ": expected "), 0u) << error.what();
    return error.slug();
  };
  EXPECT_EQ(slug_of(put("z.so", library.bytes())), "no-note");
  EXPECT_EQ(slug_of(put("t.so", "text")), "not-elf");
  EXPECT_EQ(slug_of(put("c.so", plugin_for_abi("0.2"))), "abi-mismatch");
  EXPECT_EQ(slug_of(directory_.path() / "absent.so"), "load-failed");
  const auto named = put("er.plugin", plugin("org.a.er", "model:er"));
  EXPECT_EQ(Catalogue::scan({{PluginOrigin::kFile, named}}, host()).find("model", "er").path,
            named);
}

TEST_F(CatalogueTest, OnlyANamedDirectoryMustExist) {
  const auto absent = directory_.path() / "absent";
  EXPECT_TRUE(Catalogue::scan({{PluginOrigin::kEnvironment, absent},
                               {PluginOrigin::kUser, absent},
                               {PluginOrigin::kInstalled, absent}},
                              host())
                  .entries()
                  .empty());
  const Error error = test::error_of([&] {
    Catalogue::scan({{PluginOrigin::kDirectory, absent}}, host());
  });
  EXPECT_EQ(format(error), "error[bad-option]: --plugin-dir " + absent.string() +
                               ": expected a readable directory, found \"No such file or "
                               "directory\"\n  fix: name a directory that exists");
  EXPECT_EQ(error.exit_code(), kExitUsage);
}

TEST_F(CatalogueTest, ListsOneInodeOnce) {
  const auto path = put("dir/a.so", plugin("org.a.er", "model:er"));
  put("dir2/keep", "");
  fs::create_symlink(path, directory_.path() / "dir/b.so");
  fs::create_hard_link(path, directory_.path() / "dir2/c.so");
  EXPECT_EQ(scan().entries().size(), 1u);
  EXPECT_EQ(scan().find("model", "er").path, path);
}

TEST_F(CatalogueTest, AnEarlierLevelShadowsTheSameId) {
  const auto first = put("dir/er.so", plugin("org.a.er", "model:er"));
  put("env/er.so", plugin("org.a.er", "model:er"));
  const Catalogue catalogue = scan();
  ASSERT_EQ(catalogue.entries().size(), 2u);
  EXPECT_EQ(catalogue.entries()[1].status, "shadowed by " + first);
  EXPECT_EQ(catalogue.entries()[1].slug, "shadowed");
  EXPECT_EQ(catalogue.find("model", "er").path, first);
  EXPECT_EQ(catalogue.find("model", "org.a.er/er").path, first);
  EXPECT_EQ(catalogue.names("model"), Names{"er"});
}

TEST_F(CatalogueTest, AShadowedPluginOffersNothing) {
  put("dir/new.so", plugin("org.a.er", "model:der"));
  put("env/old.so", plugin("org.a.er", "model:er"));
  EXPECT_EQ(refusal(scan(), "er"),
            "2 error[unknown-component]: [model] name: expected one of der, found \"er\"\n"
            "  fix: did you mean \"der\"? cl-host list models");
}

TEST_F(CatalogueTest, OneNameInTwoKindsIsNoConflict) {
  const auto model = put("dir/a.so", plugin("org.a.model", "model:er"));
  const auto node = put("dir/b.so", plugin("org.a.node", "node:er"));
  EXPECT_EQ(scan().find("model", "er").path, model);
  EXPECT_EQ(scan().find("node", "er").path, node);
  EXPECT_EQ(scan().entries()[1].component_status, Names{""});
}

TEST_F(CatalogueTest, AnEarlierLevelShadowsTheSameNameButNotTheId) {
  const auto first = put("dir/er.so", plugin("org.a.er", "model:er"));
  const auto second = put("env/er.so", plugin("org.b.er", "model:er model:der"));
  put("env/er2.so", plugin("org.c.er", "model:er"));
  const Catalogue catalogue = scan();
  EXPECT_EQ(catalogue.entries()[1].status, "");
  EXPECT_EQ(catalogue.entries()[1].component_status, (Names{"shadowed by " + first, ""}));
  EXPECT_EQ(catalogue.entries()[2].component_status, (Names{"shadowed by " + first}));
  EXPECT_EQ(catalogue.find("model", "er").path, first);
  EXPECT_EQ(catalogue.find("model", "der").path, second);
  EXPECT_EQ(catalogue.find("model", "org.b.er/er").path, second);
  EXPECT_EQ(catalogue.names("model"), (Names{"der", "er"}));
}

TEST_F(CatalogueTest, OneNameTwiceAtOneLevelIsAnErrorWhenAskedFor) {
  const auto a = put("dir/a.so", plugin("org.a.er", "model:er model:a"));
  const auto b = put("dir2/b.so", plugin("org.b.er", "model:er"));
  const Catalogue catalogue = scan();
  EXPECT_EQ(catalogue.entries()[0].component_status, (Names{"same name as in " + b, ""}));
  EXPECT_EQ(catalogue.entries()[1].component_status, (Names{"same name as in " + a}));
  EXPECT_EQ(refusal(catalogue, "er"),
            "3 error[duplicate]: model er: expected one plugin at the level --plugin-dir, found " +
                a + " and " + b + "\n  fix: ask for org.a.er/er or org.b.er/er");
  EXPECT_EQ(catalogue.find("model", "org.a.er/er").path, a);
  EXPECT_EQ(catalogue.find("model", "org.b.er/er").path, b);
  EXPECT_EQ(catalogue.find("model", "a").path, a);
  EXPECT_EQ(catalogue.names("model"), Names{"a"});
}

TEST_F(CatalogueTest, OneIdTwiceAtOneLevelIsAnErrorWhenAskedFor) {
  const auto a = put("dir/a.so", plugin("org.a.er", "model:er model:a"));
  const auto b = put("dir/b.so", plugin("org.a.er", "model:er"));
  put("env/c.so", plugin("org.a.er", "model:er"));
  const Catalogue catalogue = scan();
  EXPECT_EQ(catalogue.entries()[0].status, "same id org.a.er as " + b);
  EXPECT_EQ(catalogue.entries()[1].status, "same id org.a.er as " + a);
  EXPECT_EQ(catalogue.entries()[1].slug, "duplicate");
  EXPECT_EQ(catalogue.entries()[2].slug, "shadowed");
  const std::string reason = ": expected one plugin at the level --plugin-dir, found " + a +
                             " and " + b + "\n  fix: remove one of the two files";
  EXPECT_EQ(refusal(catalogue, "er"), "3 error[duplicate]: model er" + reason);
  EXPECT_EQ(refusal(catalogue, "org.a.er/er"), "3 error[duplicate]: model org.a.er/er" + reason);
  EXPECT_EQ(refusal(catalogue, "a"), "3 error[duplicate]: model a" + reason);
}

TEST_F(CatalogueTest, ARefusedPluginShadowsNothing) {
  put("dir/er.so", plugin_for_abi("0.2"));
  const auto good = put("env/er.so", plugin_for_abi("0.1"));
  EXPECT_EQ(scan().find("model", "er").path, good);
}

TEST_F(CatalogueTest, TheOnlyCandidateTellsItsOwnError) {
  const auto newer = put("dir/any.so", plugin_for_abi("0.2"));
  const auto cut = put("dir/gem.so", plugin("org.a.gem", "model:gem").substr(0, 100));
  const Catalogue catalogue = scan();
  const std::string expected =
      "3 error[abi-mismatch]: " + newer +
      ": expected plugin ABI 0.1, found 0.2, which needs at least 0.2\n  fix: rebuild it";
  EXPECT_EQ(refusal(catalogue, "er").substr(0, expected.size()), expected);
  EXPECT_EQ(refusal(catalogue, "org.example.er/er").substr(0, expected.size()), expected);
  EXPECT_EQ(refusal(catalogue, "gem"),
            "3 error[truncated]: " + cut +
                ": expected 168 bytes of program headers at offset 64, found a file of 100 bytes\n"
                "  fix: build or copy the file again");
  EXPECT_EQ(refusal(catalogue, "other").substr(0, 27), "2 error[unknown-component]:");
}

TEST_F(CatalogueTest, ProposesTheNearestName) {
  put("dir/sgd.so", plugin("org.a.sgd", "model:sgd"));
  put("dir/er.so", plugin("org.a.er", "model:er"));
  put("env/agem.so", plugin("org.a.agem", "model:agem"));
  EXPECT_EQ(refusal(scan(), "erx"),
            "2 error[unknown-component]: [model] name: expected one of agem, er, sgd, found "
            "\"erx\"\n  fix: did you mean \"er\"? cl-host list models");
  EXPECT_EQ(refusal(scan(), "icarl-2"),
            "2 error[unknown-component]: [model] name: expected one of agem, er, sgd, found "
            "\"icarl-2\"\n  fix: cl-host list models");
}

TEST_F(CatalogueTest, APluginThatThisBuildCouldMakeIsNotUnknown) {
  put("built/known-components.txt", "model:er er\nmodel:er-ace er_ace\nbackbone:gem gem\n");
  put("built/plugins/er.so", plugin("org.a.er", "model:er"));
  const auto catalogue =
      Catalogue::scan({{PluginOrigin::kInstalled, directory_.path() / "built/plugins"}}, host());
  EXPECT_EQ(refusal(catalogue, "er-ace"),
            "2 error[not-built]: [model] name: expected \"er-ace\" to be built, found its sources "
            "alone\n  fix: bash cmake/bootstrap.sh build er_ace");
  EXPECT_EQ(refusal(catalogue, "gem").substr(0, 27), "2 error[unknown-component]:");
  EXPECT_NO_THROW(catalogue.find("model", "er"));
}

TEST_F(CatalogueTest, SaysWhatToDoWhenNothingIsInstalled) {
  put("dir/mlp.so", plugin("org.a.mlp", "backbone:mlp"));
  EXPECT_EQ(refusal(scan(), "er"),
            "2 error[unknown-component]: [model] name: expected an installed model plugin, found "
            "none\n  fix: name a directory that holds one with --plugin-dir, or build the built-in "
            "plugins");
}

}  // namespace catalogue_test
}  // namespace clh::core
