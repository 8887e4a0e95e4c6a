// RunAnimals: runs in which a plugin misbehaves after it was loaded.
#pragma once

#include "tests/abi/zoo/zoo_test.hpp"

namespace clh::test {

class RunAnimals : public ZooTest {
 protected:
  /// The plugin of the animals, built once for all tests of the process.
  static const std::filesystem::path& file() {
    static const TemporaryDirectory cage;
    static const auto built = build_in(cage.path(), "run_animals", {"run_animals.cpp"},
                                       {"-std=c++17", "-O1", "-pthread"});
    return built;
  }

  /// A short run whose model is the animal, which bites in one of its calls.
  Words bitten(const std::string& animal, const std::string& place, const Words& more = {}) const {
    return tiny({"--plugin", file(), "model=zoo-run", "model.animal=" + animal,
                 "model.place=" + place}) +
           more;
  }
  /// The same of a backbone below a model that trains.
  Words bitten_below(const std::string& animal, const std::string& place,
                     const Words& more = {}) const {
    return tiny({"--plugin", file(), "model=zoo-run", "model.place=network",
                 "backbone=zoo-backbone", "backbone.animal=" + animal, "backbone.place=" + place}) +
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
