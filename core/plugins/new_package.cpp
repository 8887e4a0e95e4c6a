#include "core/plugins/new_package.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "core/error.hpp"
#include "core/files/output_file.hpp"
#include "core/text/identifiers.hpp"
#include "core/text/shell_word.hpp"
#include "core/text/word_list.hpp"
#include <sys/stat.h>
#include <unistd.h>

namespace clh::core {
namespace {

constexpr std::string_view kEveryKind = "every_kind";

[[noreturn]] void refuse(const std::string& expected, const std::string& found,
                         const std::string& fix) {
  throw Error("usage", "new: expected " + expected + ", found \"" + printable(found) + "\"", fix,
              kExitUsage);
}

[[noreturn]] void throw_exists(const std::filesystem::path& folder) {
  throw Error("exists", folder.string() + ": expected a folder that does not exist yet, found one",
              "choose another name, or another place with --dir", kExitUsage);
}

/// Errors: Error `unwritable` with a fix that suits this command.
[[noreturn]] void throw_unwritable(const std::string& what) {
  throw Error("unwritable", what, "choose a folder that you may write to with --dir", kExitUsage);
}

/// "MyModel", "my_model" -> "my-model": the legal name nearest to a slip, or an example.
std::string legal_name(const std::string& typed, const std::string& kind) {
  std::string name;
  for (const unsigned char letter : typed) {
    const bool dash = std::isupper(letter) != 0 || std::isalnum(letter) == 0;
    if (dash && !name.empty() && name.back() != '-') {
      name += '-';
    }
    if (letter < 0x80 && std::isalnum(letter) != 0 &&
        (!name.empty() || std::isalpha(letter) != 0)) {
      name += static_cast<char>(std::tolower(letter));
    }
  }
  while (!name.empty() && name.back() == '-') {
    name.pop_back();
  }
  return name.empty() ? "my-" + kind : name;
}

void check_name(const std::string& name, const std::string& kind) {
  if (!is_kebab_case(name) || std::isalpha(static_cast<unsigned char>(name[0])) == 0 ||
      name.find("--") != std::string::npos) {
    refuse("a name of small letters, digits and single dashes that begins with a letter", name,
           "cl-host new " + kind + " " + legal_name(name, kind));
  }
  // The class of the component would hide a class of the SDK that its code uses.
  const std::vector<std::string> taken{"model", "backbone", "dataset", "encoder",
                                       "node",  "layer",    "options"};
  if (std::find(taken.begin(), taken.end(), name) != taken.end()) {
    refuse("a name of its own", name, "cl-host new " + kind + " my-" + name);
  }
}

/// "my-model" -> "MyModel".
std::string class_name(const std::string& name) {
  std::string text;
  bool upper = true;
  for (const char letter : name) {
    if (letter != '-') {
      text += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(letter))) : letter;
    }
    upper = letter == '-';
  }
  return text;
}

/// "my-model" -> "my_model".
std::string file_name(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

using Placeholders = std::vector<std::pair<std::string, std::string>>;

std::string filled(std::string_view text, const Placeholders& placeholders) {
  std::string result(text);
  for (const auto& [placeholder, value] : placeholders) {
    for (auto at = result.find(placeholder); at != std::string::npos;
         at = result.find(placeholder, at + value.size())) {
      result.replace(at, placeholder.size(), value);
    }
  }
  return result;
}

std::vector<std::string> kinds() {
  std::vector<std::string> kinds;
  for (const auto& file : embedded_templates()) {
    const std::string kind(file.name.substr(0, file.name.find('/')));
    if (kind != kEveryKind && (kinds.empty() || kinds.back() != kind)) {
      kinds.push_back(kind);
    }
  }
  return kinds;
}

/// A folder that no other process has. Errors: Error `unwritable`.
std::filesystem::path make_temporary(const std::filesystem::path& folder) {
  for (int attempt = 0;; ++attempt) {
    auto path = folder;
    path.replace_filename("." + folder.filename().string() + "." + std::to_string(::getpid()) +
                          "." + std::to_string(attempt));
    if (::mkdir(path.c_str(), 0777) == 0) {
      return path;
    }
    if (errno != EEXIST) {
      throw_unwritable(folder.string() + ": expected a folder that can be created, found " +
                       std::generic_category().message(errno));
    }
  }
}

void write_files(const std::vector<PackageFile>& files, const std::filesystem::path& place,
                 const std::filesystem::path& shown_as) {
  try {
    for (const auto& file : files) {
      OutputFile output(place / file.name, OutputFile::Mode::kCreate, shown_as / file.name);
      output.write(file.text);
      output.close();
    }
  } catch (const Error& e) {
    throw_unwritable(e.what());
  }
}

}  // namespace

std::vector<PackageFile> package_files(const NewPackage& package) {
  const auto known = kinds();
  if (std::find(known.begin(), known.end(), package.kind) == known.end()) {
    refuse("one of " + joined(known), package.kind,
           did_you_mean(package.kind, known, "cl-host new model my-model"));
  }
  check_name(package.name, package.kind);
  const auto id = package.id.empty() ? "org.example." + package.name : package.id;
  if (!is_plugin_id(id)) {
    refuse("a reverse domain after --id", id, "write it as in --id org.example." + package.name);
  }
  const Placeholders placeholders{{"@NAME@", package.name},
                                  {"@FILE@", file_name(package.name)},
                                  {"@CLASS@", class_name(package.name)},
                                  {"@ID@", id},
                                  {"@KIND@", package.kind}};
  std::vector<PackageFile> files;
  for (const auto& file : embedded_templates()) {
    const auto slash = file.name.find('/');
    const auto folder = file.name.substr(0, slash);
    if (folder == package.kind || folder == kEveryKind) {
      files.push_back(
          {filled(file.name.substr(slash + 1), placeholders), filled(file.text, placeholders)});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const PackageFile& a, const PackageFile& b) { return a.name < b.name; });
  return files;
}

std::filesystem::path write_package(const NewPackage& package) {
  const auto files = package_files(package);
  std::error_code failure;
  if (!package.parent.empty() && !std::filesystem::is_directory(package.parent, failure)) {
    refuse("an existing folder after --dir", package.parent.string(),
           "mkdir -p " + shell_word(package.parent.string()));
  }
  const auto folder = package.parent / package.name;
  // A rename would take the place of an empty folder.
  if (std::filesystem::exists(std::filesystem::symlink_status(folder, failure))) {
    throw_exists(folder);
  }
  const auto temporary = make_temporary(folder);
  try {
    write_files(files, temporary, folder);
    std::filesystem::rename(temporary, folder, failure);
    if (failure == std::errc::directory_not_empty || failure == std::errc::file_exists ||
        failure == std::errc::not_a_directory) {
      throw_exists(folder);
    }
    if (failure) {
      throw_unwritable(folder.string() + ": expected a folder that can be created, found " +
                       failure.message());
    }
  } catch (...) {
    std::filesystem::remove_all(temporary, failure);
    throw;
  }
  return folder;
}

}  // namespace clh::core
