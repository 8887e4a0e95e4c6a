// `cl-host validate` in the program that trains: the validator is a program of its own beside it.
#include <filesystem>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "host/commands.hpp"
#include <unistd.h>

namespace clh::host {

/// Becomes cl-host-validate. Errors: core::Error `not-built` where it does not lie beside cl-host.
int validate_command(const Arguments& arguments) {
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / "cl-host-validate";
  std::vector<std::string> words = {"cl-host", "validate"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> given;
  for (auto& word : words) {
    given.push_back(word.data());
  }
  given.push_back(nullptr);
  ::execv(program.c_str(), given.data());
  throw core::Error("not-built",
                    "validate: expected the validator " + program.string() + ", found none to run",
                    "bash cmake/bootstrap.sh build", core::kExitUsage);
}

}  // namespace clh::host
