#include "core/plugins/new_package.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace new_package_test {

using test::error_of;

NewPackage named(const std::string& name) {
  NewPackage package;
  package.kind = "model";
  package.name = name;
  return package;
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(const std::vector<PackageFile>& files, const std::string& name) {
  for (const auto& file : files) {
    if (file.name == name) {
      return file.text;
    }
  }
  ADD_FAILURE() << "no file " << name;
  return "";
}

std::size_t entries(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(NewPackage, HasFiveFilesOfEveryKind) {
  for (const auto* kind : {"model", "backbone", "dataset", "encoder", "node", "layer"}) {
    auto package = named("two-words");
    package.kind = kind;
    const auto files = package_files(package);
    std::vector<std::string> names;
    for (const auto& file : files) {
      names.push_back(file.name);
      EXPECT_EQ(file.text.find("@NAME@"), std::string::npos) << kind << " " << file.name;
      EXPECT_EQ(file.text.find("@FILE@"), std::string::npos) << kind << " " << file.name;
      EXPECT_EQ(file.text.find("@CLASS@"), std::string::npos) << kind << " " << file.name;
      EXPECT_EQ(file.text.find("@ID@"), std::string::npos) << kind << " " << file.name;
      EXPECT_EQ(file.text.find("@KIND@"), std::string::npos) << kind << " " << file.name;
    }
    EXPECT_EQ(names, (std::vector<std::string>{"CMakeLists.txt", "README.md", "experiment.toml",
                                               "experiment_test.cmake", "two_words.cpp"}));
    EXPECT_NE(text_of(files, "CMakeLists.txt").find("PROVIDES " + package.kind + ":two-words\n"),
              std::string::npos);
    EXPECT_NE(text_of(files, "two_words.cpp").find("class TwoWords final"), std::string::npos);
  }
}

TEST(NewPackage, TakesItsIdFromTheNameUnlessOneIsGiven) {
  auto package = named("ring-2");
  EXPECT_NE(text_of(package_files(package), "CMakeLists.txt").find("ID org.example.ring-2\n"),
            std::string::npos);
  package.id = "com.acme.ring";
  EXPECT_NE(text_of(package_files(package), "CMakeLists.txt").find("ID com.acme.ring\n"),
            std::string::npos);
  package.id = "acme";
  const auto error = error_of([&] { package_files(package); });
  EXPECT_STREQ(error.what(), "new: expected a reverse domain after --id, found \"acme\"");
  EXPECT_EQ(error.exit_code(), kExitUsage);
}

TEST(NewPackage, RefusesAnUnknownKind) {
  auto package = named("x");
  package.kind = "models";
  const auto error = error_of([&] { package_files(package); });
  EXPECT_STREQ(error.what(),
               "new: expected one of model, backbone, dataset, encoder, node, layer, found "
               "\"models\"");
  EXPECT_EQ(error.fix(), "did you mean \"model\"?");
}

TEST(NewPackage, RefusesIllegalNamesAndNamesALegalOne) {
  const std::pair<const char*, const char*> slips[] = {{"MyModel", "my-model"},
                                                       {"my_model", "my-model"},
                                                       {"my--model", "my-model"},
                                                       {"3d", "d"},
                                                       {"-x", "x"},
                                                       {"x-", "x"},
                                                       {"", "my-model"},
                                                       {"../up", "up"},
                                                       {"model", "my-model"},
                                                       {"a b", "a-b"},
                                                       {"options", "my-options"},
                                                       {"\xc3\xa9t\xc3\xa9", "t"}};
  for (const auto& [typed, legal] : slips) {
    const auto error = error_of([&, name = typed] { package_files(named(name)); });
    EXPECT_EQ(error.slug(), "usage") << typed;
    EXPECT_EQ(error.fix(), std::string("cl-host new model ") + legal) << typed;
    EXPECT_NO_THROW(package_files(named(legal))) << legal;
  }
}

TEST(NewPackage, WritesTheFilesAndNothingElse) {
  const test::TemporaryDirectory place;
  auto package = named("er-ring");
  package.parent = place.path();
  EXPECT_EQ(write_package(package), place.path() / "er-ring");
  EXPECT_EQ(entries(place.path()), 1U);
  for (const auto& file : package_files(package)) {
    EXPECT_EQ(read(place.path() / "er-ring" / file.name), file.text) << file.name;
  }
}

TEST(NewPackage, RefusesToOverwriteWhatIsThere) {
  const test::TemporaryDirectory place;
  std::filesystem::create_directory(place.path() / "empty");
  place.write("file", "kept");
  place.write("folder/inside", "kept");
  std::filesystem::create_symlink("nowhere", place.path() / "link");
  for (const auto* name : {"empty", "file", "folder", "link"}) {
    auto package = named(name);
    package.parent = place.path();
    const auto error = error_of([&] { write_package(package); });
    EXPECT_EQ(error.slug(), "exists") << name;
    EXPECT_EQ(error.exit_code(), kExitUsage);
    EXPECT_EQ(error.what(), (place.path() / name).string() +
                                ": expected a folder that does not exist yet, found one");
  }
  EXPECT_EQ(entries(place.path()), 4U);
  EXPECT_EQ(entries(place.path() / "empty"), 0U);
  EXPECT_EQ(read(place.path() / "file"), "kept");
  EXPECT_EQ(read(place.path() / "folder/inside"), "kept");
}

TEST(NewPackage, RefusesAPlaceThatIsNoFolder) {
  const test::TemporaryDirectory place;
  auto package = named("er-ring");
  package.parent = place.write("file", "");
  EXPECT_EQ(error_of([&] { write_package(package); }).slug(), "usage");
  package.parent = place.path() / "missing";
  const auto error = error_of([&] { write_package(package); });
  EXPECT_EQ(error.fix(), "mkdir -p " + package.parent.string());
  package.parent = place.path() / "not there";
  EXPECT_EQ(error_of([&] { write_package(package); }).fix(),
            "mkdir -p '" + package.parent.string() + "'");
}

}  // namespace new_package_test
}  // namespace clh::core
