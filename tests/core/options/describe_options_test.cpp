#include "core/options/describe_options.hpp"

#include "tests/core/options/fake_components.hpp"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace clh::core {
namespace describe_options_test {

enum class Order { kNatural, kSeeded };

struct Options {
  std::int64_t buffer_size = 500;
  double decay = 0.9;
  Order order = Order::kSeeded;
  std::vector<std::int64_t> widths{1, 2};
  clh::Component<clh::Node> node = "linear";
  clh::Component<clh::Encoder> encoder;
  std::string key;
  bool old = false;
  void bind(clh::OptionBinder& option) {
    option("buffer-size", buffer_size, "exemplars kept").min(1).unit("samples");
    option("decay", decay, "of the mean").min(0).below(1).advanced();
    option("order", order, "of the classes").choices({"natural", "seeded"});
    option("widths", widths, "of the layers");
    option("node", node, "what it computes");
    option("encoder", encoder, "of the input");
    option("key", key, "secret").required();
    option("old", old, "do not use").deprecated();
  }
};

class DescribeOptions : public testing::Test {
 protected:
  DescribeOptions() : params_(clh::describe_options<Options>()) {
    component_.struct_size = sizeof component_;
    component_.kind = CLH_MODEL;
    component_.id = "er";
    component_.title = component_.doc = "Experience replay";
    component_.n_params = static_cast<std::uint32_t>(params_.params.size());
    component_.params = params_.params.data();
  }

  clh::ParamTable params_;
  clh_component component_{};
};

TEST_F(DescribeOptions, AlignsATable) {
  EXPECT_EQ(
      describe_component(component_, "org.clh.er/er"),
      "er: Experience replay\n"
      "model org.clh.er/er\n"
      "\n"
      "OPTION       TYPE       DEFAULT   VALUES           UNIT     MEANING\n"
      "buffer-size  integer    500       >= 1             samples  exemplars kept\n"
      "decay        real       0.9       in [0, 1)                 of the mean (advanced)\n"
      "order        choice     seeded    natural, seeded           of the classes\n"
      "widths       integers   [1, 2]                              of the layers\n"
      "node         component  linear    a node                    what it computes\n"
      "encoder      component  none      an encoder                of the input\n"
      "key          string     required                            secret\n"
      "old          bool       false                               do not use (deprecated)\n");
}

TEST_F(DescribeOptions, LeavesOutWhatIsNotThere) {
  component_.n_params = 0;
  EXPECT_EQ(describe_component(component_, "org.clh.er/er"),
            "er: Experience replay\nmodel org.clh.er/er\nno options\n");
  const auto plain = clh::describe_options<DatasetOptions>();
  EXPECT_EQ(describe_options({plain.params.data(), plain.params.size()}),
            "OPTION  TYPE  DEFAULT  MEANING\n"
            "root    path  \"/data\"  folder with the files\n");
}

TEST_F(DescribeOptions, ShowsDocCiteAndCapabilities) {
  const char* caps[] = {"class-il", "no-state", nullptr};
  component_.caps = caps;
  component_.doc = "Replays a reservoir.";
  component_.cite = "arXiv:1902.10486";
  component_.n_params = 0;
  EXPECT_EQ(describe_component(component_, "er"),
            "er: Experience replay\nmodel er\nReplays a reservoir.\ncite: arXiv:1902.10486\n"
            "capabilities: class-il, no-state\nno options\n");
  const auto json = describe_component_json(component_, "er");
  EXPECT_EQ(json.at("capabilities"), nlohmann::json({"class-il", "no-state"}));
  EXPECT_EQ(json.at("cite"), "arXiv:1902.10486");
}

TEST_F(DescribeOptions, SteersNoTerminal) {
  component_.n_params = 0;
  component_.title = "a\x1b[31m\nb";
  component_.doc = "one\r\n\ntwo\x7f";
  component_.cite = "c\x1b]0;hi\x07";
  const auto text = describe_component(component_, "org.clh.er/er");
  const std::string shown = "er: a?[31m?b\nmodel org.clh.er/er\none?\n\ntwo?\ncite: c?]0;hi?\n";
  EXPECT_EQ(text.substr(0, shown.size()), shown);
  params_.params[0].doc = "x\x1b[31m";
  EXPECT_EQ(describe_options({params_.params.data(), 1}).find('\x1b'), std::string::npos);
}

TEST_F(DescribeOptions, SaysTheSameInJson) {
  const auto json = describe_component_json(component_, "org.clh.er/er");
  EXPECT_EQ(json.at("id"), "er");
  EXPECT_EQ(json.at("kind"), "model");
  EXPECT_EQ(json.at("full-id"), "org.clh.er/er");
  EXPECT_EQ(json.at("title"), "Experience replay");
  EXPECT_EQ(json.at("cite"), nullptr);
  const auto& options = json.at("options");
  ASSERT_EQ(options.size(), 8u);
  EXPECT_EQ(options[0], nlohmann::json({{"name", "buffer-size"},
                                        {"type", "integer"},
                                        {"default", 500},
                                        {"required", false},
                                        {"advanced", false},
                                        {"deprecated", false},
                                        {"unit", "samples"},
                                        {"doc", "exemplars kept"},
                                        {"min", 1.0},
                                        {"open-min", false}}));
  EXPECT_EQ(options[1].at("max"), 1.0);
  EXPECT_EQ(options[1].at("open-max"), true);
  EXPECT_EQ(options[1].at("advanced"), true);
  EXPECT_EQ(options[2].at("choices"), nlohmann::json({"natural", "seeded"}));
  EXPECT_EQ(options[2].at("default"), "seeded");
  EXPECT_EQ(options[3].at("default"), nlohmann::json({1, 2}));
  EXPECT_EQ(options[4].at("kind"), "node");
  EXPECT_EQ(options[5].at("default"), nullptr);
  EXPECT_EQ(options[6].at("default"), nullptr);
  EXPECT_EQ(options[6].at("required"), true);
  EXPECT_EQ(options[7].at("deprecated"), true);
}

}  // namespace describe_options_test
}  // namespace clh::core
