// Two plugins built by two careless authors from the same class name, default visibility, without
// clh_add_plugin: their tables stay apart, because the SDK's headers see to it.
#include <clh/abi.h>

#include <deque>
#include <map>
#include <memory>

#include "core/error.hpp"
#include "core/plugins/catalogue.hpp"
#include "core/plugins/plugin_library.hpp"
#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = fs::path(in_source("."));

bool has_clang() {
  ProcessRequest request;
  request.command = {"/bin/sh", "-c", "command -v clang++"};
  return run_process(request).exit_code == 0;
}

class Isolation : public ::testing::Test {
 protected:
  struct Pair {
    fs::path east, west;
  };

  /// Compiles namesake.cpp twice, as the components east and west.
  static Pair compile(const std::string& compiler,
                      const fs::path& include = kSource / "sdk/include") {
    static int pairs = 0;
    const auto stem = directory().path() / std::to_string(pairs++);
    const auto start = [&](const std::string& name) {
      ProcessRequest request;
      request.command = {compiler,
                         "-std=c++17",
                         "-O0",
                         "-w",
                         "-shared",
                         "-fPIC",
                         "-I",
                         include,
                         "-DNAME=\"" + name + "\"",
                         kSource / "tests/abi/isolation/namesake.cpp",
                         "-o",
                         stem.string() + name + ".so"};
      return std::make_unique<Process>(request);
    };
    const auto east = start("east"), west = start("west");
    EXPECT_EQ(east->finish().exit_code, 0) << compiler;
    EXPECT_EQ(west->finish().exit_code, 0) << compiler;
    return {stem.string() + "east.so", stem.string() + "west.so"};
  }
  /// The usual pair of a compiler, compiled once.
  static const Pair& pair_of(const std::string& compiler) {
    static std::map<std::string, Pair> pairs;
    const auto known = pairs.find(compiler);
    return known != pairs.end() ? known->second
                                : pairs.emplace(compiler, compile(compiler)).first->second;
  }
  static const TemporaryDirectory& directory() {
    static const TemporaryDirectory kept;
    return kept;
  }

  /// Opens both in this process and makes an instance of each. Returns: the classes that they name.
  static Words classes(const Pair& pair) {
    // Opened plugins are never closed, so neither is what knows of them.
    static auto& catalogues = *new std::deque<core::Catalogue>;
    static auto& libraries = *new std::deque<core::PluginLibrary>;
    core::SearchOptions search;
    search.files = {pair.east, pair.west};
    search.no_default_plugins = true;
    core::HostFingerprint host;
    host.machine = core::host_machine();
    host.abi_minor = CLH_ABI_MINOR;
    const auto& catalogue =
        catalogues.emplace_back(core::Catalogue::scan(core::search_places(search), host));
    auto& library = libraries.emplace_back(catalogue, core::TorchLayout{});
    Words found;
    for (const char* name : {"east", "west"}) {
      const auto* component = library.load(CLH_DATASET, name).component;
      clh_host table{};
      table.struct_size = sizeof table;
      const clh_dataset_spec spec{sizeof spec, 0, nullptr};
      clh_object made{};
      EXPECT_EQ(component->create(&table, &spec, &component->params[0].def, &made, nullptr),
                CLH_OK);
      const auto* functions = static_cast<const clh_dataset_vt*>(made.vtable);
      const auto* info = functions->info(made.self);
      found.push_back(std::string(info->classes[0]) + " " + info->classes[1]);
      functions->destroy(made.self);
    }
    return found;
  }
};

const Words kApart = {"east east", "west west"};

TEST_F(Isolation, TablesOfTwoPluginsByTheHostsCompilerStayApart) {
  EXPECT_EQ(classes(pair_of(CLH_CXX)), kApart);
}

TEST_F(Isolation, TablesOfTwoPluginsByClangStayApart) {
  if (!has_clang()) {
    GTEST_SKIP() << "clang++ is not installed: apt-get install clang";
  }
  EXPECT_EQ(classes(pair_of("clang++")), kApart);
}

TEST_F(Isolation, TablesOfTwoCompilersStayApart) {
  if (!has_clang()) {
    GTEST_SKIP() << "clang++ is not installed: apt-get install clang";
  }
  EXPECT_EQ(classes({pair_of(CLH_CXX).east, pair_of("clang++").west}), kApart);
}

// What would happen without the attribute, so that this test is known to see it.
TEST_F(Isolation, WithoutHiddenNamespacesTheSecondPluginAnswersAsTheFirst) {
  if (std::string(CLH_COMPILER_ID) != "GNU") {
    GTEST_SKIP() << "clang never merges the tables of two libraries; g++ does";
  }
  const auto include = directory().path() / "include";
  fs::copy(kSource / "sdk/include", include, fs::copy_options::recursive);
  const std::string attribute = "namespace clh __attribute__((visibility(\"hidden\")))";
  for (const auto& header : fs::recursive_directory_iterator(include / "clh")) {
    if (!header.is_regular_file()) {
      continue;
    }
    auto text = file_bytes(header.path());
    const auto place = text.find(attribute);
    if (place != std::string::npos) {
      text.replace(place, attribute.size(), "namespace clh");
      std::ofstream(header.path()) << text;
    }
  }
  try {
    EXPECT_NE(classes(compile(CLH_CXX, include)), kApart);
  } catch (const core::Error& e) {
    EXPECT_EQ(e.slug(), "table-mismatch") << e.what();
  }
}

}  // namespace
}  // namespace clh::test
