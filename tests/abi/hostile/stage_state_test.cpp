// What a plugin does wrong when its state is saved or loaded.
#include "tests/abi/hostile/hostile_test.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/test_run.hpp"

namespace clh::test {
namespace {

const std::string kPlugin = "org.clh.hostile.run 0.1.0 in ";

class StageState : public HostileTest {
 protected:
  void SetUp() override {
    static const TemporaryDirectory directory;
    static const auto file = build_in(directory.path(), "hostile_run", {"hostile_run.cpp"},
                                      {"-std=c++17", "-O1", "-pthread"});
    ::setenv("CLH_PLUGIN_PATH", file.parent_path().c_str(), 1);
  }
  void TearDown() override { ::unsetenv("CLH_PLUGIN_PATH"); }

  static std::unique_ptr<TestRun> run_of(const std::string& fault, const std::string& place,
                                         bool full_check = false) {
    return std::make_unique<TestRun>(
        Words{"dataset=tiny", "model=hostile-run", "model.fault=" + fault, "model.place=" + place,
              "backbone=mlp", "backbone.width=4", "train.iterations=3"},
        full_check);
  }
  /// A state that was saved after two steps.
  static std::unique_ptr<core::StateRecord> saved(const std::string& fault,
                                                  const std::string& place) {
    auto run = run_of(fault, place);
    run->train(2);
    return run->save();
  }
  static void expect(const core::Error& error, int exit_code, const std::string& slug,
                     const std::string& text) {
    EXPECT_EQ(error.exit_code(), exit_code);
    EXPECT_EQ(error.slug(), slug);
    EXPECT_EQ(error.what(), text);
  }
  /// What loading says of a state that the same plugin saved.
  static core::Error load_error(const std::string& fault, bool full_check = false) {
    const auto record = saved(fault, "load");
    const auto run = run_of(fault, "load", full_check);
    return error_of([&] { run->load(*record); });
  }
};

TEST_F(StageState, AGoodOneIsLoaded) {
  const auto record = saved("none", "none");
  EXPECT_NO_THROW(run_of("none", "none", true)->load(*record));
}

TEST_F(StageState, SaveFailsMidway) {
  const auto place = kPlugin + "save, task 0 step 1: ";
  expect(error_of([] { saved("fails", "save"); }), 3, "plugin-error",
         place + "expected tape, found the end of it");
  expect(error_of([] { saved("throws", "save"); }), 3, "plugin-error",
         place + "expected a status, found the exception: expected a return, found a throw");
  expect(error_of([] { saved("says-it-twice", "save"); }), 3, "plugin-error",
         place + "state count: expected each key once, found it twice");
  expect(error_of([] { saved("fails-silently", "save"); }), 2, "plugin-error",
         place + "expected a message with the failure, found none");
}

TEST_F(StageState, LoadIgnoresAKey) {
  expect(load_error("ignores"), 3, "state",
         kPlugin + "load: expected every key that it saved to be read, found \"mood\" ignored");
}

TEST_F(StageState, LoadAsksForWhatIsNotThere) {
  const auto place = kPlugin + "load: ";
  expect(load_error("asks-for-more"), 3, "plugin-error",
         place + "state moon: expected this key, found none");
  expect(load_error("asks-for-another-type"), 3, "plugin-error",
         place + "state count: expected another type, found the type that was saved");
}

TEST_F(StageState, AStateThatLies) {
  const auto record = saved("lies", "load");
  EXPECT_NO_THROW(run_of("lies", "load")->load(*record)) << "nobody can tell without a full check";
  expect(load_error("lies", true), 3, "state",
         kPlugin + "load: expected a save to give what was loaded, found /count: 2 and 9");
}

TEST_F(StageState, AVersionFromTheFuture) {
  const auto record = saved("none", "none");
  record->children.at("model")->values["version"] = std::int64_t{2};
  const auto run = run_of("none", "none");
  expect(error_of([&] { run->load(*record); }), 3, "state",
         "org.clh.hostile.run 0.1.0: expected a state of version 1 or older, found version 2");
}

}  // namespace
}  // namespace clh::test
