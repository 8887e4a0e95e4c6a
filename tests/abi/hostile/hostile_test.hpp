// HostileTest: builds plugins from the sources in plugins/ and runs the real cl-host on them.
#pragma once

#include "tests/host/host_test.hpp"
#include "tests/support/places.hpp"

namespace clh::test {

class HostileTest : public HostTest {
 protected:
  static constexpr std::size_t kMessage = 1016;  // bytes of clh_error::message

  /// Compiles sources of plugins/ into <folder>/<name>.so, as a plugin's author would in one call.
  /// Inputs:  name may hold folders; flags follow the sources.
  std::filesystem::path build(const std::string& name, const Words& sources,
                              const Words& flags = {}) const {
    return build_in(folder(), name, sources, flags);
  }
  /// The same in a folder that outlives the test.
  static std::filesystem::path build_in(const std::filesystem::path& directory,
                                        const std::string& name, const Words& sources,
                                        const Words& flags = {}) {
    const auto file = directory / (name + ".so");
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
           std::filesystem::path(in_source("tests/abi/hostile/plugins")) / source});
    }
    request.command.insert(request.command.end(), {"-x", "none"});
    request.command = request.command + flags;
    const auto result = run_process(request);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return file;
  }

  /// The plugin that keeps the contract.
  std::filesystem::path well_behaved(const std::string& name = "well_behaved") const {
    return build(name, {"well_behaved.c"});
  }

  /// Arguments that name this file and no other plugin.
  static Words only(const std::filesystem::path& file) {
    return {"--no-default-plugins", "--plugin", file};
  }

  /// A run that loads `file` and trains on it for a moment; the model and network are built-in
  /// ones.
  static Words train_with(const std::filesystem::path& file) {
    return {"train", "--plugin", file, "dataset=well-behaved", "model=sgd", "train.iterations=2"};
  }

  struct RefusedFile {
    std::filesystem::path file;  // all of one folder
    std::string slug, why, fix;  // why without the path: "expected X, found Y"
  };

  /// Refused when it is named by --plugin; in a scanned folder a status in a line of `list`.
  void expect_refused(const std::vector<RefusedFile>& files) const {
    const auto directory = files.at(0).file.parent_path();
    const auto list = host({"list", "--no-default-plugins", "--plugin-dir", directory});
    EXPECT_EQ(list.exit_code, 0) << list.err;
    EXPECT_EQ(list.err, "");
    for (const auto& refused : files) {
      const auto place = refused.file.string();
      EXPECT_NE(list.out.find(place + "  (" + refused.why + ")\n"), std::string::npos)
          << place << " in\n"
          << list.out;
      expect_error(host(Words{"list"} + only(refused.file)), 3,
                   '[' + refused.slug + "]: " + place + ": " + refused.why, refused.fix);
    }
  }
};

}  // namespace clh::test
