#include "core/text/nearest_name.hpp"

#include <gtest/gtest.h>

namespace clh::core {
namespace nearest_name_test {

TEST(EditDistance, CountsEachKindOfEdit) {
  EXPECT_EQ(edit_distance("", ""), 0u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("er", "erx"), 1u);
  EXPECT_EQ(edit_distance("erx", "er"), 1u);
  EXPECT_EQ(edit_distance("agem", "agen"), 1u);
  EXPECT_EQ(edit_distance("buffer", "bufefr"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("ca", "abc"), 3u);  // optimal string alignment; unrestricted would be 2
}

TEST(NearestName, FindsASlipOfTheHand) {
  EXPECT_EQ(nearest_name("erx", {"agem", "er", "sgd"}), "er");
  EXPECT_EQ(nearest_name("bufer-size", {"minibatch", "buffer-size"}), "buffer-size");
  EXPECT_EQ(nearest_name("buffer_size", {"minibatch", "buffer-size"}), "buffer-size");
  EXPECT_EQ(nearest_name("SGD", {"agem", "er", "sgd"}), "sgd");
  EXPECT_EQ(nearest_name("sdg", {"agem", "er", "sgd"}), "sgd");
}

TEST(NearestName, FindsNothingFarAway) {
  EXPECT_EQ(nearest_name("icarl", {"agem", "er", "sgd"}), std::nullopt);
  EXPECT_EQ(nearest_name("x", {"y"}), std::nullopt);
  EXPECT_EQ(nearest_name("gem", {"der"}), std::nullopt);  // two edits in three letters
  EXPECT_EQ(nearest_name("", {"y"}), std::nullopt);
  EXPECT_EQ(nearest_name("er", {}), std::nullopt);
  EXPECT_EQ(nearest_name("learning-rate", {"learning-scale-x"}), std::nullopt);
  EXPECT_EQ(nearest_name(std::string(1 << 20, 'x'), {"er"}), std::nullopt);
}

TEST(NearestName, PrefersTheClosestThenTheFirst) {
  EXPECT_EQ(nearest_name("mlp2", {"mlp22x", "mlp"}), "mlp");
  EXPECT_EQ(nearest_name("lr", {"lx", "lz"}), "lx");
}

}  // namespace nearest_name_test
}  // namespace clh::core
