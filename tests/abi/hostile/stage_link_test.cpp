// Plugins that the dynamic linker cannot load, or that do harm while it loads them. `list` reads
// them as any other plugin; `describe` loads them in a child, which alone dies with them.
#include <csignal>
#include <regex>

#include "tests/abi/hostile/hostile_test.hpp"

namespace clh::test {
namespace {

namespace fs = std::filesystem;

const std::string kRebuild = "rebuild the plugin against this host";
const std::string kAuthor = "report it to the plugin's author";

class LinkStage : public HostileTest {
 protected:
  fs::path build_faulty(const std::string& source) const {
    return build("plugins/" + fs::path(source).stem().string(), {"well_behaved.c", source});
  }

  ProcessResult describe(const fs::path& file, const Words& more = {}) const {
    return host(Words{"describe", "well-behaved"} + only(file) + more);
  }

  /// The column of the status in `list`.
  std::string status(const fs::path& file) const {
    const auto list = host(Words{"list"} + only(file));
    EXPECT_EQ(list.exit_code, 0) << list.err;
    const auto at = list.out.find(file.string() + "  (");
    return at == std::string::npos ? "" : list.out.substr(at + file.string().size() + 3, 18);
  }

  static void expect_last_lines(const std::string& err, const std::string& lines) {
    EXPECT_GE(err.size(), lines.size());
    EXPECT_EQ(err.substr(err.size() - std::min(err.size(), lines.size())), lines) << err;
  }

  /// A library that does nothing, under a name that another one has a right to.
  fs::path stub(const std::string& name) const {
    std::ofstream(folder() / "stub.c") << "int clh_stub(void) { return 1; }\n";
    const auto file = folder() / "stubs" / name;
    fs::create_directories(file.parent_path());
    ProcessRequest request;
    request.command = {CLH_C_COMPILER, "-shared",          "-fPIC", "-Wl,-soname," + name, "-o",
                       file,           folder() / "stub.c"};
    EXPECT_EQ(run_process(request).exit_code, 0);
    return file;
  }
};

TEST_F(LinkStage, MissingSymbol) {
  const auto file = build_faulty("missing_symbol.c");
  const auto result = describe(file);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err.find("error[load-failed]: " + file.string() +
                            ": expected a loadable shared object, found "),
            0U)
      << result.err;
  EXPECT_NE(result.err.find("undefined symbol: clh_absent_function"), std::string::npos)
      << result.err;
  expect_last_lines(result.err, "\n  fix: " + kRebuild + "\n");
  EXPECT_EQ(status(file), "");  // refused is not crashed
}

TEST_F(LinkStage, MissingDependency) {
  const auto library = stub("libclh_absent.so.1");
  const auto file =
      build("plugins/well_behaved", {"well_behaved.c"}, {"-Wl,--no-as-needed", library});
  fs::remove(library);
  const auto result = describe(file);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err.find("error[load-failed]: " + file.string() +
                            ": expected a loadable shared object, found "),
            0U)
      << result.err;
  EXPECT_NE(result.err.find("libclh_absent.so.1: cannot open shared object file"),
            std::string::npos)
      << result.err;
}

TEST_F(LinkStage, ForeignRuntimes) {
  // An OpenMP of LLVM, another LibTorch, and the stub of one where the loader would find it.
  const auto openmp =
      build("plugins/openmp", {"well_behaved.c"}, {"-Wl,--no-as-needed", stub("libomp.so.5")});
  const auto torch = build("plugins/torch", {"well_behaved.c"},
                           {"-Wl,--no-as-needed", stub("libtorch_cpu.so.9.9")});
  const auto list = host({"list", "--no-default-plugins", "--plugin-dir", folder() / "plugins"});
  EXPECT_EQ(list.exit_code, 0);
  const std::string found = "expected OpenMP from libgomp.so.1, found libomp.so.5";
  EXPECT_NE(list.out.find(openmp.string() + "  (" + found + ")\n"), std::string::npos) << list.out;
  expect_error(describe(openmp), 3, "[foreign-runtime]: " + openmp.string() + ": " + found,
               "build without -fopenmp and use at::parallel_for");
  auto with_path = request(Words{"describe", "well-behaved"} + only(torch));
  with_path.environment["LD_LIBRARY_PATH"] = folder() / "stubs";
  const auto refused = run_process(with_path);
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_EQ(refused.err.find("error[foreign-runtime]: " + torch.string() +
                             ": expected the host's libtorch ("),
            0U)
      << refused.err;
  EXPECT_NE(refused.err.find("), found libtorch_cpu.so.9.9\n"), std::string::npos) << refused.err;
}

TEST_F(LinkStage, ConstructorsThatEndTheProcess) {
  struct Ending {
    const char *source, *found;
    int train_exit, train_signal;
  };
  for (const Ending& ending :
       {Ending{"throws.cpp", "SIGABRT", -1, SIGABRT}, Ending{"segfaults.c", "SIGSEGV", -1, SIGSEGV},
        Ending{"aborts.c", "SIGABRT", -1, SIGABRT}, Ending{"exits.c", "exit code 0", 4, 0}}) {
    const auto file = build_faulty(ending.source);
    EXPECT_EQ(status(file), "") << "list runs no code";
    const auto result = describe(file);
    EXPECT_EQ(result.exit_code, 4) << ending.source;
    EXPECT_EQ(result.out, "");
    expect_last_lines(result.err, "error[plugin-crash]: " + file.string() +
                                      ": expected a plugin that can be loaded, found " +
                                      ending.found + "\n  fix: " + kAuthor + "\n");
    EXPECT_TRUE(std::regex_match(status(file), std::regex("crashed [0-9]{4}-[0-9]{2}-[0-9]{2}")))
        << status(file);
    const auto train = host(train_with(file));  // has no child: it dies with the plugin
    EXPECT_EQ(train.exit_code, ending.train_exit) << train.err;
    EXPECT_EQ(train.signal, ending.train_signal) << train.err;
    EXPECT_EQ(train.out, "");
    if (train.exit_code == 4) {
      EXPECT_EQ(train.err,
                "error[plugin-crash]: cl-host train: expected the run to end, found a plugin "
                "calling exit()\n  fix: cl-host train --supervise names the plugin and the call\n");
    }
  }
}

TEST_F(LinkStage, ACrashIsForgottenWhenTheFileChanges) {
  const auto file = build_faulty("segfaults.c");
  EXPECT_EQ(describe(file).exit_code, 4);
  EXPECT_NE(status(file), "");
  fs::rename(well_behaved("plugins/other"), file);
  EXPECT_EQ(status(file), "");
  EXPECT_EQ(describe(file).exit_code, 0);
}

TEST_F(LinkStage, Hangs) {
  const auto file = build_faulty("hangs.c");
  expect_error(describe(file, {"--timeout", "2"}), 4,
               "[plugin-timeout]: " + file.string() +
                   ": expected a plugin that can be loaded, found no end after 2 s",
               kAuthor);
  EXPECT_EQ(status(file).substr(0, 5), "hung ");
}

TEST_F(LinkStage, PrintsOnStandardOutput) {
  const auto file = build_faulty("prints.c");
  const auto described = describe(file, {"--json"});
  EXPECT_EQ(described.exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(described.out)["id"], "well-behaved");
  const auto train = host(train_with(file) + Words{"--json"});
  EXPECT_EQ(train.exit_code, 0) << train.err;
  EXPECT_TRUE(nlohmann::json::accept(train.out)) << train.out;
  for (const auto* text : {&described.err, &train.err}) {
    EXPECT_NE(text->find("printed on standard output\n"), std::string::npos) << *text;
    EXPECT_NE(text->find("printed on standard error\n"), std::string::npos) << *text;
  }
}

TEST_F(LinkStage, StealsSignals) {
  const auto file = build_faulty("steals_signals.c");
  auto train = train_with(file);
  train.back() = "train.iterations=30000";  // two tasks of some seconds each
  Process process(request(train));
  ASSERT_TRUE(process.wait_for_error_text("task 1/2"));
  process.send(SIGTERM);
  const auto result = process.finish();
  EXPECT_EQ(result.exit_code, 143) << result.err;
  EXPECT_NE(
      result.err.find("warning: org.clh.test.well-behaved 1.0.0: changed the handlers of SIGINT, "
                      "SIGTERM when it was loaded; they were restored\n"),
      std::string::npos)
      << result.err;
}

}  // namespace
}  // namespace clh::test
