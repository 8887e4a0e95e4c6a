// New package: the complete sources of a plugin outside this tree, from the templates in
// sdk/template that the executable carries.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace clh::core {

/// A file of sdk/template; placeholders are @NAME@ (my-model), @FILE@ (my_model), @CLASS@
/// (MyModel),
/// @ID@ and @KIND@, in paths too.
struct TemplateFile {
  std::string_view name;  // path below sdk/template: "<kind>/..." or "every_kind/..."
  std::string_view text;
};

/// All of sdk/template. Generated at build time.
std::vector<TemplateFile> embedded_templates();

/// What the author chose.
struct NewPackage {
  std::string kind;              // "model", ...
  std::string name;              // the component's, and the folder's
  std::string id;                // reverse domain; empty = org.example.<name>
  std::filesystem::path parent;  // an existing folder; empty = the current one
};

/// One file of a package: its name in the package's folder, and its text.
struct PackageFile {
  std::string name, text;
};

/// The files of a package, sorted by name.
/// Errors:  Error `usage`, exit code 2, for an unknown kind, a name that is not kebab-case
/// beginning
///          with a letter or that is a word of the SDK itself, or an id that is no reverse domain.
std::vector<PackageFile> package_files(const NewPackage& package);

/// Writes the files into a new folder <parent>/<name>, all of them or none: into a temporary folder
/// beside it, which is then renamed.
/// Returns: the folder.
/// Errors:  those of package_files; Error `exists` when the folder, or a file of that name, is
///          already there; Error `unwritable`. Exit code 2.
std::filesystem::path write_package(const NewPackage& package);

}  // namespace clh::core
