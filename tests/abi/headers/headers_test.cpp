// Frozen headers of every minor, and what a plugin may rely on when the next one comes: {this
// header, the next lowered to this minor, the next} x {C, C++, both compilers} x {this host, a host
// of the next minor}. The next minor is made from this header by the test.
#include <clh/abi.h>

#include <cstdlib>
#include <deque>
#include <iostream>

#include "core/abi/abi_version.hpp"
#include "core/plugins/catalogue.hpp"
#include "core/plugins/plugin_library.hpp"
#include "tests/abi/headers/header_text.hpp"
#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"
#include <dlfcn.h>

namespace clh::test {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = fs::path(in_source("."));

/// The header with its includes in place.
const std::string& current_header() {
  static const auto& header = *new std::string([] {
    ProcessRequest request;
    request.command = {"bash", (kSource / "tests/abi/headers/one_file.sh").string(),
                       (kSource / "sdk/include").string()};
    const auto made = run_process(request);
    EXPECT_EQ(made.exit_code, 0) << made.err;
    return made.out;
  }());
  return header;
}

TEST(FrozenHeaders, ThisMinorIsKept) {
  const auto kept =
      kSource / "tests/abi/headers" /
      ("abi_" + std::to_string(CLH_ABI_MAJOR) + "_" + std::to_string(CLH_ABI_MINOR) + ".h");
  ASSERT_TRUE(fs::exists(kept)) << "a new minor: tests/abi/headers/one_file.sh sdk/include >"
                                << kept << " and enter the change in CHANGELOG.md";
  EXPECT_EQ(declarations(file_bytes(kept)), declarations(current_header()))
      << "abi.h differs from what was frozen as " << kept.filename()
      << ": raise CLH_ABI_MINOR and keep a new copy, or take the change back";
}

TEST(FrozenHeaders, EveryKeptMinorIsAPrefixOfThisOne) {
  int kept = 0;
  for (const auto& file : fs::directory_iterator(kSource / "tests/abi/headers")) {
    const auto name = file.path().filename().string();
    if (name.rfind("abi_" + std::to_string(CLH_ABI_MAJOR) + "_", 0) == 0) {
      ++kept;
      EXPECT_EQ(breaks(file_bytes(file.path()), current_header()), Words{}) << name;
    }
  }
  EXPECT_EQ(kept, CLH_ABI_MINOR) << "one of each minor, from 0.1 on";
  const auto& header = current_header();
  const std::regex asserted("static_assert\\(sizeof");
  EXPECT_EQ(structs_of(header).size(),
            static_cast<std::size_t>(
                std::distance(std::sregex_iterator(header.begin(), header.end(), asserted), {})))
      << "every struct has its static_assert, and is found here";
}

TEST(FrozenHeaders, HowAHeaderIsDividedDoesNotCount) {
  const std::string dense = R"(#ifndef CLH_ABI_H
#define CLH_ABI_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
typedef uint32_t clh_b;  enum { CLH_ONE = 1, CLH_TWO };
typedef struct clh_a { int32_t b, c; const char *d, *e; clh_b f[3], g; union { double r; } u;
#if CLH_TARGET_MINOR > 1
  clh_call_fn *h, *i;
#endif
  void (*j)(int32_t k, clh_b*); } clh_a;
static_assert(sizeof(clh_a) == 1, "a");
#ifdef __cplusplus
}
#endif
#endif
)";
  const std::string families = R"(#ifndef CLH_ABI_H
#define CLH_ABI_H
#ifndef CLH_ABI_A_H
#define CLH_ABI_A_H
#include <stdint.h> /* and not what it includes */
#ifdef __cplusplus
extern "C" {
#endif
enum {
  CLH_ONE = 1,
  /* One more. */
  CLH_TWO
};
typedef struct clh_a {
  /* int32_t no_member; */
  int32_t b;
  int32_t c;
  const char* d;
  const char* e;
  clh_b f[3];
  clh_b g;
  union {
    double r;
  } u;
#if CLH_TARGET_MINOR > 1
  clh_call_fn* h;
  clh_call_fn* i;
#endif
  void (*j)(int32_t k,
            clh_b*);
} clh_a;
static_assert(sizeof(clh_a) == 1,
              "a");
#ifdef __cplusplus
}
#endif
#endif
typedef uint32_t clh_b;
#endif
)";
  EXPECT_EQ(declarations(families), declarations(dense));
  EXPECT_EQ(structs_of(families), structs_of(dense));
  for (const auto& [member, other] :
       {std::pair{"int32_t b;", "uint32_t b;"},
        {"int32_t c;", ""},
        {"const char* e;", "char* e;"},
        {"* e;", "** e;"},
        {"clh_b g;", "clh_b g[1];"},
        {"f[3];", "f[2];"},
        {"double r;", "float r;"},
        {"CLH_TWO\n", "CLH_TWO = 3\n"},
        {"MINOR > 1", "MINOR > 2"},
        {"int32_t k", "int64_t k"},
        {"uint32_t clh_b", "int32_t clh_b"},
        {"== 1", "== 2"},
        {"clh_call_fn* h;\n  clh_call_fn* i;", "clh_call_fn* i;\n  clh_call_fn* h;"}}) {
    EXPECT_NE(declarations(replaced(families, member, other)), declarations(dense)) << other;
  }
}

TEST(FrozenHeaders, WhatBreaksAPrefixIsFound) {
  const auto& now = current_header();
  EXPECT_EQ(breaks(now, next_minor(now)), Words{}) << "appended members break nothing";
  const auto renamed = replaced(now, "clh_call_fn* zero_grad;", "clh_call_fn* no_grad;");
  EXPECT_EQ(breaks(now, renamed), Words{"clh_optimizer_vt is no longer a prefix of itself"});
  const auto retyped = replaced(now, "  int32_t base;", "  uint32_t base;");
  EXPECT_EQ(breaks(now, retyped), Words{"clh_task is no longer a prefix of itself"});
  EXPECT_EQ(breaks(next_minor(now), now), (Words{"clh_host is no longer a prefix of itself",
                                                 "clh_node_vt is no longer a prefix of itself"}));
  const auto gone = replaced(now, "typedef struct clh_query {", "typedef struct query {");
  EXPECT_EQ(breaks(now, gone), Words{"clh_query is gone"});
}

/// A compiler and the language it is told.
struct Language {
  std::string name;
  Words command;
};

std::vector<Language> languages() {
  std::vector<Language> all = {{"c", {CLH_CC, "-x", "c", "-std=c11"}},
                               {"c++", {CLH_CXX, "-x", "c++", "-std=c++17"}}};
  ProcessRequest search;
  search.command = {"/bin/sh", "-c", "command -v clang && command -v clang++"};
  if (run_process(search).exit_code == 0) {
    all.push_back({"clang-c", {"clang", "-x", "c", "-std=c11"}});
    all.push_back({"clang-c++", {"clang++", "-x", "c++", "-std=c++17"}});
  } else {
    std::cout << "skip  clang: not installed\n";
  }
  return all;
}

class Headers : public HostTest {
 protected:
  Headers() {
    write("this", current_header());
    write("next", next_minor(current_header()));
  }

  /// Compiles drill.c. Returns: the compiler's result; the library is `name`.so.
  ProcessResult compile(const Language& language, const std::string& header, const Words& defines,
                        const std::string& name) const {
    ProcessRequest request;
    request.command =
        language.command + Words{"-Wall",   "-Wextra", "-Wpedantic",          "-Werror",
                                 "-shared", "-fPIC",   "-fvisibility=hidden", "-I",
                                 header} +
        defines + Words{(kSource / "tests/abi/headers/drill.c").string(), "-o", name + ".so"};
    request.directory = folder();
    return run_process(request);
  }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(folder() / name / "clh");
    std::ofstream(folder() / name / "clh/abi.h") << text;
  }
};

TEST_F(Headers, AMemberNewerThanTheTargetDoesNotCompile) {
  for (const auto& language : languages()) {
    const auto allowed = compile(language, "next", {"-DMISUSE"}, "m");
    EXPECT_EQ(allowed.exit_code, 0) << language.name << "\n" << allowed.err;
    for (const auto& lowered : {std::make_pair(std::string("next"), Words{"-DCLH_TARGET_MINOR=2"}),
                                std::make_pair(std::string("this"), Words{})}) {
      const auto refused =
          compile(language, lowered.first, lowered.second + Words{"-DMISUSE"}, "m");
      EXPECT_NE(refused.exit_code, 0) << language.name;
      EXPECT_NE(refused.err.find("uptime"), std::string::npos) << refused.err;
    }
  }
}

/// The table of a host, ended where the test wants; the rest is memory that must not be read.
struct NextHost {
  clh_host host{};
  std::int64_t (*uptime)(void*) = nullptr;
};

/// What the plugin saw of a host of `struct_size` bytes.
std::string seen(const fs::path& plugin, std::uint32_t struct_size) {
  static auto& libraries = *new std::deque<core::PluginLibrary>;  // opened plugins are never closed
  static auto& catalogues = *new std::deque<core::Catalogue>;
  core::SearchOptions search;
  search.files = {plugin};
  search.no_default_plugins = true;
  core::HostFingerprint fingerprint;
  fingerprint.machine = core::host_machine();
  fingerprint.abi_minor = CLH_ABI_MINOR;
  const auto& catalogue =
      catalogues.emplace_back(core::Catalogue::scan(core::search_places(search), fingerprint));
  auto& library = libraries.emplace_back(catalogue, core::TorchLayout{});
  const auto* component = library.load(CLH_DATASET, "drill").component;
  NextHost next;
  next.host.struct_size = struct_size;
  next.uptime = [](void*) -> std::int64_t { return 42; };
  if (struct_size == sizeof(clh_host)) {
    next.uptime = [](void*) -> std::int64_t { std::abort(); };  // beyond the end of its table
  }
  const clh_dataset_spec spec{sizeof(clh_dataset_spec), 0, nullptr};
  clh_object made{};
  EXPECT_EQ(component->create(&next.host, &spec, nullptr, &made, nullptr), CLH_OK);
  const auto* table = static_cast<const clh_dataset_vt*>(made.vtable);
  const std::string source = table->info(made.self)->source;
  table->destroy(made.self);
  return source;
}

TEST_F(Headers, APluginOfEachHeaderServesBothHosts) {
  int count = 0;
  for (const auto& language : languages()) {
    struct Row {
      std::string header;
      Words defines;
      std::string here, there;  // what it sees of this host, and of one of the next minor
    };
    for (const auto& row :
         {Row{"this", {}, "a host of 128 bytes", "a host of 136 bytes"},
          Row{"next", {"-DCLH_TARGET_MINOR=2"}, "a host of 128 bytes", "a host of 136 bytes"},
          Row{"next", {"-DMIN_HOST=2"}, "no uptime in 128 bytes", "uptime 42"}}) {
      const auto name = language.name + row.header + std::to_string(count++);
      const auto compiled = compile(language, row.header, row.defines, name);
      ASSERT_EQ(compiled.exit_code, 0) << name << "\n" << compiled.err;
      EXPECT_EQ(seen(folder() / (name + ".so"), sizeof(clh_host)), row.here) << name;
      EXPECT_EQ(seen(folder() / (name + ".so"), sizeof(NextHost)), row.there) << name;
    }
  }
}

/// What the SDK's C++ layer answers to a host of `struct_size` bytes; "" when it made an instance.
std::string sdk_answer(const clh_plugin& plugin, std::uint32_t struct_size) {
  NextHost next;
  next.host.struct_size = struct_size;
  const clh_dataset_spec spec{sizeof(clh_dataset_spec), 0, nullptr};
  const auto* component = plugin.components[0];
  clh_object made{};
  clh_error error{};
  error.struct_size = sizeof error;
  if (component->create(&next.host, &spec, &component->params[0].def, &made, &error) == CLH_OK) {
    static_cast<const clh_dataset_vt*>(made.vtable)->destroy(made.self);
    return "";
  }
  return error.message;
}

TEST_F(Headers, TheCxxLayerNeedsItsTargetMinorAndNoMore) {
  fs::copy(kSource / "sdk/include/clh", folder() / "next/clh",
           fs::copy_options::recursive | fs::copy_options::skip_existing);
  for (const auto& language : languages()) {
    if (language.command[2] != "c++") {
      continue;
    }
    const auto build = [&](const std::string& name, const Words& defines) {
      ProcessRequest request;
      request.directory = folder();
      request.command =
          language.command + Words{"-w", "-O0", "-shared", "-fPIC", "-I", "next"} + defines +
          Words{"-DNAME=\"" + name + "\"", (kSource / "tests/abi/isolation/namesake.cpp").string(),
                "-o", language.name + name + ".so"};
      const auto compiled = run_process(request);
      EXPECT_EQ(compiled.exit_code, 0) << compiled.err;
      void* library =
          dlopen((folder() / (language.name + name + ".so")).c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) {
        throw std::runtime_error(dlerror());
      }
      using Entry = const clh_plugin*(const clh_host*, clh_error*);
      return reinterpret_cast<Entry*>(dlsym(library, "clh_plugin_entry"))(nullptr, nullptr);
    };
    const auto* lowered = build("lowered", {"-DCLH_TARGET_MINOR=2"});
    EXPECT_EQ(lowered->abi_minor, 3);
    EXPECT_EQ(lowered->min_host_minor, 2U);
    EXPECT_EQ(core::abi_refusal({0, 2}, {0, lowered->abi_minor, 2}), "");
    EXPECT_EQ(sdk_answer(*lowered, sizeof(clh_host)), "");
    EXPECT_EQ(sdk_answer(*lowered, sizeof(NextHost)), "");
    const auto* raised = build("raised", {});
    EXPECT_EQ(raised->min_host_minor, 3U);
    EXPECT_EQ(sdk_answer(*raised, sizeof(clh_host)),
              "expected clh_host of 136 bytes or more, found 128");
    EXPECT_EQ(sdk_answer(*raised, sizeof(NextHost)), "");
  }
}

/// A plugin built for any older minor of this major loads and trains; its list of options is read
/// with the size that they had then.
TEST_F(Headers, APluginOfEveryKeptMinorTrainsInThisHost) {
  for (int minor = 1; minor <= CLH_ABI_MINOR; ++minor) {
    const auto name = "abi_0_" + std::to_string(minor);
    write(name, file_bytes(kSource / "tests/abi/headers" / (name + ".h")));
    for (const auto& language : languages()) {
      const auto compiled = compile(language, name, {}, name);
      ASSERT_EQ(compiled.exit_code, 0) << compiled.err;
      const auto described = host({"describe", "drill", "--plugin", name + ".so"});
      EXPECT_NE(described.out.find("\nsecond  real"), std::string::npos)
          << described.out << described.err;
      const auto result = host({"train", "--plugin", name + ".so", "dataset=drill",
                                "dataset.first=7", "dataset.second=0.25", "model=sgd",
                                "train.iterations=2", "run.record=false", "--json"});
      ASSERT_EQ(result.exit_code, 0) << name << "\n" << result.err;
      EXPECT_EQ(nlohmann::json::parse(result.out)["status"], "completed");
      fs::remove(folder() / (name + ".so"));
    }
  }
}

TEST_F(Headers, TheNextHeaderWithALowerTargetTrainsInThisHost) {
  for (const auto& language : languages()) {
    const auto compiled = compile(language, "next", {"-DCLH_TARGET_MINOR=2"}, language.name);
    ASSERT_EQ(compiled.exit_code, 0) << compiled.err;
    const auto result = host({"train", "--plugin", language.name + ".so", "dataset=drill",
                              "dataset.first=7", "dataset.second=0.25", "model=sgd",
                              "train.iterations=2", "run.record=false", "--json"});
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const auto document = nlohmann::json::parse(result.out);
    EXPECT_EQ(document["environment"]["dataset"]["name"], "drill");
    EXPECT_EQ(document["status"], "completed");
  }
}

}  // namespace
}  // namespace clh::test
