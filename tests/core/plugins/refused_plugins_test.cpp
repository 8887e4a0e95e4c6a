// Which refused plugins another one may step in for.
#include "core/error.hpp"
#include "core/plugins/catalogue.hpp"
#include "tests/support/elf_image.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/temporary_directory.hpp"
#include <elf.h>
#include <gtest/gtest.h>

namespace clh::core {
namespace refused_plugins_test {

namespace fs = std::filesystem;

class RefusedPlugins : public ::testing::Test {
 protected:
  static HostFingerprint host() {
    HostFingerprint host;
    host.machine = EM_X86_64;
    host.abi_minor = 1;
    host.torch_fingerprint = "1.13.0 variant=cpu cxx11abi=1 stl=libstdc++ debugstl=0";
    return host;
  }
  /// A plugin that offers model:er, below the folder of an origin.
  std::string put(const std::string& name, const std::string& id, const std::string& abi = "0.1") {
    test::NoteText note;
    note.id = id;
    note.abi = abi + " min=" + abi;
    note.provides = "model:er";
    return directory_.write(name, test::plugin_image(note)).string();
  }
  Catalogue scan(const TrustRules& trust) const {
    fs::create_directories(directory_.path() / "dir");
    return Catalogue::scan({{PluginOrigin::kDirectory, directory_.path() / "dir"},
                            {PluginOrigin::kEnvironment, directory_.path() / "env"}},
                           host(), trust);
  }
  /// A lock of every plugin that can be used.
  TrustRules locked() const {
    TrustRules everything;
    everything.lock = LockFile({});
    std::vector<LockedPlugin> plugins;
    const auto catalogue = scan(everything);
    for (const auto& entry : catalogue.entries()) {
      plugins.push_back({entry.note.id, entry.note.version, entry.sha256});
    }
    everything.lock = LockFile(plugins);
    return everything;
  }
  static std::string slug(const Catalogue& catalogue, const std::string& name) {
    return test::error_of([&] { catalogue.find("model", name); }).slug();
  }

  test::TemporaryDirectory directory_;
};

TEST_F(RefusedPlugins, UnderALockNobodyStepsIn) {
  const auto near = put("dir/a.so", "org.a.er");
  const auto far = put("env/b.so", "org.b.er");
  const auto trust = locked();
  EXPECT_EQ(scan(trust).find("model", "er").path, near);
  fs::remove(near);
  fs::copy_file(put("changed.so", "org.a.er", "0.2"), near);
  EXPECT_EQ(slug(scan(trust), "er"), "abi-mismatch");
  fs::remove(near);
  put("dir/a.so", "org.c.er");
  EXPECT_EQ(slug(scan(trust), "er"), "not-locked");
  EXPECT_EQ(scan(trust).find("model", "org.b.er/er").path, far) << "asked for by its id";
}

TEST_F(RefusedPlugins, AStrangerBehindALockedOneChangesNothing) {
  const auto near = put("dir/a.so", "org.a.er");
  const auto trust = locked();
  put("env/b.so", "org.b.er");
  EXPECT_EQ(scan(trust).find("model", "er").path, near);
}

TEST_F(RefusedPlugins, NobodyStepsInForOneThatOthersCanChange) {
  const auto near = put("dir/a.so", "org.a.er");
  const auto far = put("env/b.so", "org.b.er");
  fs::permissions(near, fs::perms(0666));
  EXPECT_EQ(slug(scan({}), "er"), "insecure-path");
  EXPECT_EQ(scan({}).find("model", "org.b.er/er").path, far);
  fs::permissions(near, fs::perms(0600));
  fs::permissions(far, fs::perms(0666));
  EXPECT_EQ(scan({}).find("model", "er").path, near) << "it would not have been used";
}

}  // namespace refused_plugins_test
}  // namespace clh::core
