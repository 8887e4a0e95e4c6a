// cl-host new: the sources of a plugin outside this tree, ready to be built, tested and run.
#include <filesystem>
#include <iostream>

#include "core/error.hpp"
#include "core/plugins/new_package.hpp"
#include "core/text/shell_word.hpp"
#include "core/version.hpp"
#include "host/commands.hpp"

namespace clh::host {
namespace {

namespace po = boost::program_options;

constexpr const char* kNewText =
    R"(Writes a folder NAME with the complete sources of a plugin: component, CMakeLists.txt, experiment, tests
and README. KIND is model, backbone, dataset, encoder, node or layer; NAME is kebab-case. What it writes
builds, passes `cl-host validate` and trains as it stands: begin by changing it.

  cl-host new model my-model
  cl-host new dataset my-data --dir ~/plugins --id com.acme.my-data
)";

/// As a shell reads it.
std::string quoted(const std::filesystem::path& path) {
  return core::shell_word(path.string());
}

/// How CMake finds the SDK: beside the installed program; a build tree has to be installed first.
struct SdkPlace {
  std::string prefix, install;  // as a shell reads them; install may be empty
};

SdkPlace sdk_place() {
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  const auto prefix = program.parent_path().parent_path();
  std::error_code ignored;
  if (std::filesystem::exists(prefix / core::kPluginLibdir / "cmake/ClhSdk/ClhSdkConfig.cmake",
                              ignored)) {
    return {quoted(prefix), ""};
  }
  return {"$HOME/.local", "cmake --install " + quoted(prefix) + " --prefix $HOME/.local"};
}

void print_next_steps(const std::filesystem::path& folder,
                      const std::vector<core::PackageFile>& files) {
  std::string plugin;
  std::cout << "wrote " << folder.string() << ":";
  for (const auto& file : files) {
    std::cout << " " << file.name;
    const std::filesystem::path path(file.name);
    plugin = path.extension() == ".cpp" ? path.stem().string() + ".so" : plugin;
  }
  const auto source = quoted(folder), build = quoted(folder / "build");
  const auto built = quoted(folder / "build" / plugin);
  const auto sdk = sdk_place();
  std::cout << "\n\n";
  if (!sdk.install.empty()) {
    std::cout << "install   " << sdk.install << "   # the SDK, once\n";
  }
  std::cout << "build     cmake -S " << source << " -B " << build
            << " -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH=" << sdk.prefix
            << "\n          cmake --build " << build << "\nvalidate  cl-host validate " << built
            << "\nrun       cl-host train " << quoted(folder / "experiment.toml") << " --plugin "
            << built << "\ntest      ctest --test-dir " << build << "   # both of these\n";
}

}  // namespace

int new_command(const Arguments& arguments) {
  po::options_description flags("Flags", kHelpWidth);
  flags.add_options()("help", "this text")(
      "dir", po::value<std::string>()->value_name("DIR"),
      "folder to put the new one into, the current one if none is named")(
      "id", po::value<std::string>()->value_name("ID"),
      "the plugin's identity, a reverse domain; org.example.NAME if none is given");
  const auto given = parse(arguments, flags, "new");
  if (given.count("help") != 0) {
    return print_help("cl-host new KIND NAME [flags]", kNewText, flags);
  }
  const auto words = positional(given);
  if (words.size() != 2) {
    throw core::Error("usage",
                      "new: expected a kind and a name, found " + std::to_string(words.size()) +
                          (words.size() == 1 ? " word" : " words"),
                      "cl-host new model my-model", core::kExitUsage);
  }
  core::NewPackage package{words[0], words[1], "", ""};
  if (given.count("id") != 0) {
    package.id = given["id"].as<std::string>();
  }
  if (given.count("dir") != 0) {
    package.parent = given["dir"].as<std::string>();
  }
  print_next_steps(core::write_package(package), core::package_files(package));
  return core::kExitDone;
}

}  // namespace clh::host
