// HostileRun: runs in which a plugin misbehaves after it was loaded.
#pragma once

#include "tests/abi/hostile/hostile_test.hpp"

namespace clh::test {

class HostileRun : public HostileTest {
 protected:
  /// Its plugin, built once for all tests of the process.
  static const std::filesystem::path& file() {
    static const TemporaryDirectory directory;
    static const auto built = build_in(directory.path(), "hostile_run", {"hostile_run.cpp"},
                                       {"-std=c++17", "-O1", "-pthread"});
    return built;
  }

  /// A short run whose model has this fault in one of its calls.
  Words faulty_run(const std::string& fault, const std::string& place,
                   const Words& more = {}) const {
    return tiny({"--plugin", file(), "model=hostile-run", "model.fault=" + fault,
                 "model.place=" + place}) +
           more;
  }
  /// The same of a backbone below a model that trains.
  Words faulty_backbone(const std::string& fault, const std::string& place,
                        const Words& more = {}) const {
    return tiny({"--plugin", file(), "model=hostile-run", "model.place=network",
                 "backbone=hostile-backbone", "backbone.fault=" + fault,
                 "backbone.place=" + place}) +
           more;
  }

  /// Expects the exit code, this error at the end of standard error, and nothing on standard
  /// output.
  static void expect_end(const ProcessResult& result, int exit_code, const std::string& message,
                         const std::string& fix) {
    EXPECT_EQ(result.exit_code, exit_code) << "signal " << result.signal;
    EXPECT_EQ(result.out, "");
    const auto error = result.err.find("error[");
    EXPECT_EQ(result.err.substr(std::min(error, result.err.size())),
              "error" + message + "\n  fix: " + fix + "\n")
        << result.err;
  }
};

}  // namespace clh::test
