#include "core/options/overrides.hpp"

#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>

namespace clh::core {
namespace overrides_test {

std::string read(const std::vector<std::string>& words) {
  return value_text({read_overrides(words)});
}

TEST(Overrides, FollowDottedKeys) {
  EXPECT_EQ(read({"train.epochs=5", "run.name=a=b", "benchmark=x"}),
            "{train = {epochs = 5}, run = {name = \"a=b\"}, benchmark = \"x\"}");
}

TEST(Overrides, LaterWordsWin) {
  EXPECT_EQ(read({"train.epochs=5", "train.epochs=6"}), "{train = {epochs = 6}}");
  EXPECT_EQ(read({"model=er", "model=sgd"}), "{model = \"sgd\"}");
}

TEST(Overrides, AboutOneComponentWorkInAnyOrder) {
  const std::string both = "{model = {name = \"er\", minibatch = 3}}";
  EXPECT_EQ(read({"model=er", "model.minibatch=3"}), both);
  EXPECT_EQ(read({"model.name=er", "model.minibatch=3"}), both);
  EXPECT_EQ(read({"model.minibatch=3", "model=er"}), "{model = {minibatch = 3, name = \"er\"}}");
  EXPECT_EQ(read({"backbone.layer.node.k=3", "backbone.layer.node=linear"}),
            "{backbone = {layer = {node = {k = 3, name = \"linear\"}}}}");
  EXPECT_EQ(read({"model=er", "model={minibatch = 3}"}), both);
}

TEST(Overrides, RefuseAWordWithoutEquals) {
  const auto refusal = refusal_of([] { read({"train.epochs"}); });
  EXPECT_EQ(refusal.slug, "usage");
  EXPECT_EQ(refusal.text, "\"train.epochs\": expected key=value, found no \"=\"");
  EXPECT_EQ(refusal.fix, "write it as in train.epochs=5");
  EXPECT_EQ(refusal.exit_code, 2);
}

TEST(Overrides, RefuseABrokenKey) {
  for (const std::string key : {"", ".", "a.", ".a", "a..b", "a b", "a.\"b\""}) {
    const auto refusal = refusal_of([&] { read({key + "=1"}); });
    EXPECT_EQ(refusal.slug, "usage") << key;
    EXPECT_NE(refusal.text.find(": expected key=value, found the key "), std::string::npos) << key;
  }
}

TEST(Overrides, RefuseBytesThatAreNoUtf8) {
  const auto refusal = refusal_of([] { read({"run.name=caf\xE9"}); });
  EXPECT_EQ(refusal.slug, "usage");
  EXPECT_EQ(refusal.text, "\"run.name=caf?\": expected key=value, found bytes that are no UTF-8");
  EXPECT_EQ(read({"run.name=caf\xC3\xA9"}), "{run = {name = \"caf\xC3\xA9\"}}");
}

TEST(Overrides, RefuseAKeyOfTooManyParts) {
  std::string word;
  for (int i = 0; i < 32; ++i) {
    word += "a.";
  }
  const auto refusal = refusal_of([&] { read({word + "b=1"}); });
  EXPECT_EQ(refusal.slug, "usage");
  EXPECT_NE(refusal.text.find("a key of more than 32 parts"), std::string::npos) << refusal.text;
}

}  // namespace overrides_test
}  // namespace clh::core
