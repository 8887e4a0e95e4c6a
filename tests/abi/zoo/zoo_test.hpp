// ZooTest: builds plugins from the sources in animals/ and runs the real cl-host on them.
#pragma once

#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {

class ZooTest : public HostTest {
 protected:
  static constexpr std::size_t kMessage = 1016;  // bytes of clh_error::message

  /// Compiles sources of animals/ into <folder>/<name>.so, as a plugin's author would in one call.
  /// Inputs:  name may hold folders; flags follow the sources.
  std::filesystem::path build(const std::string& name, const Words& sources,
                              const Words& flags = {}) const {
    return build_in(folder(), name, sources, flags);
  }
  /// The same in a folder that outlives the test.
  static std::filesystem::path build_in(const std::filesystem::path& cage, const std::string& name,
                                        const Words& sources, const Words& flags = {}) {
    const auto file = cage / (name + ".so");
    std::filesystem::create_directories(file.parent_path());
    ProcessRequest request;
    const bool cpp = std::any_of(sources.begin(), sources.end(), [](const std::string& source) {
      return std::filesystem::path(source).extension() == ".cpp";
    });
    request.command = {
        cpp ? CLH_CXX_COMPILER : CLH_C_COMPILER, "-shared", "-fPIC", "-fvisibility=hidden",
        "-I" + in_source("sdk/include"),         "-o",      file};
    for (const auto& source : sources) {
      request.command.insert(
          request.command.end(),
          {"-x", std::filesystem::path(source).extension() == ".cpp" ? "c++" : "c",
           std::filesystem::path(in_source("tests/abi/zoo/animals")) / source});
    }
    request.command.insert(request.command.end(), {"-x", "none"});
    request.command = request.command + flags;
    const auto result = run_process(request);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return file;
  }

  /// The well-behaved animal.
  std::filesystem::path tame(const std::string& name = "tame") const {
    return build(name, {"tame.c"});
  }

  /// Arguments that name this file and no other plugin.
  static Words only(const std::filesystem::path& file) {
    return {"--no-default-plugins", "--plugin", file};
  }

  /// A run that loads `file` and trains on it for a moment; the model and network are built-in
  /// ones.
  static Words train_with(const std::filesystem::path& file) {
    return {"train", "--plugin", file, "dataset=tame", "model=sgd", "train.iterations=2"};
  }

  struct Animal {
    std::filesystem::path file;  // all of one folder
    std::string slug, why, fix;  // why without the path: "expected X, found Y"
  };

  /// Refused when it is named by --plugin; in a scanned folder a status in a line of `list`.
  void expect_refused(const std::vector<Animal>& animals) const {
    const auto cage = animals.at(0).file.parent_path();
    const auto list = host({"list", "--no-default-plugins", "--plugin-dir", cage});
    EXPECT_EQ(list.exit_code, 0) << list.err;
    EXPECT_EQ(list.err, "");
    for (const auto& animal : animals) {
      const auto place = animal.file.string();
      EXPECT_NE(list.out.find(place + "  (" + animal.why + ")\n"), std::string::npos)
          << place << " in\n"
          << list.out;
      expect_error(host(Words{"list"} + only(animal.file)), 3,
                   '[' + animal.slug + "]: " + place + ": " + animal.why, animal.fix);
    }
  }
};

}  // namespace clh::test
