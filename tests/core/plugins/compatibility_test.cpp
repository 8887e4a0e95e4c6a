#include "core/plugins/compatibility.hpp"

#include <algorithm>

#include "tests/support/error_of.hpp"
#include <elf.h>
#include <gtest/gtest.h>

namespace clh::core {
namespace compatibility_test {

constexpr char kRebuild[] =
    "rebuild it against this host: cmake -S <source> -B b -DClhSdk_DIR=<dir> && cmake --build b";

struct Case {
  HostFingerprint host;
  ElfFile elf;
  PluginNote note;

  Case() {
    host.machine = elf.machine = EM_X86_64;
    host.abi_minor = note.abi_minor = note.min_minor = 1;
    host.torch_fingerprint = note.torch = "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
    host.mapped_libraries = {"/usr/lib/libtorch_cpu.so.1.13", "libc10.so.1.13", "/lib/libc.so.6"};
    elf.needed = {"libtorch_cpu.so.1.13", "libc10.so.1.13", "libstdc++.so.6", "libgomp.so.1"};
    note.needs_torch = true;
  }

  void check() const { check_gates(elf, note, host, "/opt/p/er.so"); }

  void expect(const std::string& slug, const std::string& text, const std::string& fix) const {
    const Error error = test::error_of([this] { check(); });
    EXPECT_EQ(error.slug(), slug);
    EXPECT_EQ(error.what(), text);
    EXPECT_EQ(error.fix(), fix);
    EXPECT_EQ(error.exit_code(), kExitPlugin);
  }
};

TEST(Gates, AcceptAPluginOfThisHost) {
  EXPECT_NO_THROW(Case().check());
}

TEST(Gates, AcceptAnotherPatchReleaseOfTorch) {
  Case other;
  other.note.torch = "1.13.1 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
  EXPECT_NO_THROW(other.check());
}

TEST(Gates, AcceptANeutralPluginOnAnyTorch) {
  Case neutral;
  neutral.note.needs_torch = false;
  neutral.note.torch.clear();
  neutral.elf.needed = {"libc.so.6", "libompl.so.16"};
  neutral.host.torch_fingerprint.clear();
  EXPECT_NO_THROW(neutral.check());
}

TEST(Gates, RefuseAnotherMachine) {
  Case other;
  other.elf.machine = EM_AARCH64;
  other.expect("wrong-arch", "/opt/p/er.so: expected machine x86-64, found arm64",
               "build it for this machine");
}

TEST(Gates, RefuseAPluginForANewerHost) {
  Case newer;
  newer.note.abi_minor = newer.note.min_minor = 2;
  newer.expect("abi-mismatch",
               "/opt/p/er.so: expected plugin ABI 0.1, found 0.2, which needs at least 0.2",
               kRebuild);
}

TEST(Gates, CompareMinorsFromOneOn) {
  Case stable;
  stable.host.abi_major = stable.note.abi_major = 1;
  stable.host.abi_minor = 3;
  stable.note.abi_minor = 5;
  stable.note.min_minor = 3;
  EXPECT_NO_THROW(stable.check());
  stable.note.min_minor = 4;
  stable.expect("abi-mismatch",
                "/opt/p/er.so: expected plugin ABI 1.3, found 1.5, which needs at least 1.4",
                kRebuild);
  stable.note.abi_major = 2;
  stable.expect("abi-mismatch", "/opt/p/er.so: expected plugin ABI 1.3, found 2.5", kRebuild);
}

TEST(Gates, RefuseAnotherTorch) {
  Case other;
  other.note.torch = "2.4.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
  other.expect("torch-mismatch",
               "/opt/p/er.so: expected a plugin built for libtorch 1.13 (cxx11abi=1), found "
               "libtorch 2.4 (cxx11abi=1)",
               kRebuild);
  other.note.torch = "1.13.0 variant=cuda11 cxx11abi=0 stl=libc++ debugstl=1";
  other.expect("torch-mismatch",
               "/opt/p/er.so: expected a plugin built for libtorch 1.13 (cxx11abi=1, variant=cpu, "
               "stl=libstdc++, debugstl=0), found libtorch 1.13 (cxx11abi=0, variant=cuda11, "
               "stl=libc++, debugstl=1)",
               kRebuild);
}

TEST(Gates, CompareEveryPartOfTheFingerprint) {
  for (const char* torch : {"1.12.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0",
                            "1.13.0 variant=cuda cxx11abi=1 stl=libstdc++ debugstl=0",
                            "1.13.0 variant=cpu cxx11abi=0 stl=libstdc++ debugstl=0",
                            "1.13.0 variant=cpu cxx11abi=1 stl=libc++ debugstl=0",
                            "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=1"}) {
    Case other;
    other.note.torch = torch;
    EXPECT_EQ(test::error_of([&] { other.check(); }).slug(), "torch-mismatch") << torch;
  }
}

TEST(Gates, RefuseATorchPluginOnAHostWithoutTorch) {
  Case other;
  other.host.torch_fingerprint.clear();
  EXPECT_EQ(test::error_of([&] { other.check(); }).slug(), "torch-mismatch");
}

TEST(Gates, RefuseALibtorchThatIsNotMapped) {
  Case other;
  other.elf.needed = {"libc10.so.1.13", "libtorch_cpu.so"};
  other.expect("foreign-runtime",
               "/opt/p/er.so: expected the host's libtorch (libtorch_cpu.so.1.13, "
               "libc10.so.1.13), found libtorch_cpu.so",
               kRebuild);
  other.elf.needed = {"libc10_cuda.so"};
  EXPECT_EQ(test::error_of([&] { other.check(); }).slug(), "foreign-runtime");
}

TEST(Gates, CompareALibraryGivenByPathWithTheMappedPath) {
  Case other;
  other.elf.needed = {"/usr/lib/libtorch_cpu.so.1.13"};
  EXPECT_NO_THROW(other.check());
  other.elf.needed = {"/opt/p/libtorch_cpu.so.1.13"};
  EXPECT_EQ(test::error_of([&] { other.check(); }).slug(), "foreign-runtime");
}

TEST(Gates, NameTheSdkWhereItIsKnown) {
  Case old;
  old.host.sdk_dir = "/usr/lib/cmake/ClhSdk";
  old.note.abi_minor = old.note.min_minor = 2;
  EXPECT_EQ(test::error_of([&] { old.check(); }).fix(),
            "rebuild it against this host: cmake -S <source> -B b "
            "-DClhSdk_DIR=/usr/lib/cmake/ClhSdk && cmake --build b");
}

TEST(Gates, RefuseAnotherOpenMp) {
  Case other;
  other.elf.needed = {"libomp.so.5"};
  other.expect("foreign-runtime",
               "/opt/p/er.so: expected OpenMP from libgomp.so.1, found libomp.so.5",
               "build without -fopenmp and use at::parallel_for");
  for (const char* name :
       {"libomp5.so", "libomp-14.so", "libiomp5.so", "/opt/l/libomp.so.5", "libomptarget.so.14"}) {
    other.elf.needed = {name};
    EXPECT_EQ(test::error_of([&] { other.check(); }).slug(), "foreign-runtime") << name;
  }
}

TEST(Gates, RefuseLibtorchInAPluginThatClaimsToBeNeutral) {
  Case liar;
  liar.note.needs_torch = false;
  liar.expect("bad-note",
              "/opt/p/er.so: expected needs=torch in the note of a plugin that links "
              "libtorch_cpu.so.1.13, found needs=",
              "add TORCH to its clh_add_plugin call");
}

TEST(Gates, ReportTheFirstOfSeveralReasons) {
  Case wrong;
  wrong.elf.needed = {"libomp.so.5"};
  const auto slug = [&wrong] { return test::error_of([&] { wrong.check(); }).slug(); };
  EXPECT_EQ(slug(), "foreign-runtime");
  wrong.note.torch = "2.4.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
  EXPECT_EQ(slug(), "torch-mismatch");
  wrong.note.abi_minor = wrong.note.min_minor = 2;
  EXPECT_EQ(slug(), "abi-mismatch");
  wrong.elf.machine = EM_386;
  EXPECT_EQ(slug(), "wrong-arch");
}

TEST(MappedLibraries, HoldTheCLibrary) {
  const std::vector<std::string> names = mapped_libraries();
  EXPECT_TRUE(std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find("/libc.so") != std::string::npos;
  }));
}

}  // namespace compatibility_test
}  // namespace clh::core
