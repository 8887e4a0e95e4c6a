// DarkExperienceReplay: replays samples with the outputs that the network once gave for them.
// Buzzega et al., "Dark Experience for General Continual Learning", arXiv:2004.07211, eq. 6.
// Where the head has grown since a sample was stored, only the stored outputs are compared.
#include <clh/losses/stored_output_distance.hpp>
#include <clh/memory/replay_memory.hpp>

namespace {

struct Options : clh::ReplayOptions {
  double alpha = 0.5;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("alpha", alpha, "weight of the distance to the stored outputs").min(0);
  }
};

class DarkExperienceReplay final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Buzzega et al. 2020, arXiv:2004.07211";
  using ModelOf::ModelOf;

  double observe(const clh::Batch& batch) override {
    const auto outputs = net().forward(batch.inputs);
    auto loss = criterion(outputs, batch.labels);
    if (!memory_.empty()) {
      const auto old = memory_.draw(batch);
      const auto now = net().forward(augment(old.raw));
      loss = loss.add(clh::stored_output_distance(now, old.extra[0]), options().alpha);
    }
    const auto value = learn(loss);
    memory_.add(batch, {outputs});
    return value;
  }

  void end_task(const clh::Task& task) override {
    memory_.end_task(task, [](const clh::Model& model, const clh::TaskSamples& samples) {
      return std::vector<at::Tensor>{model.net().forward(samples.inputs)};
    });
  }

  void state(clh::Archive& archive) override { archive("memory", memory_); }

 private:
  clh::ReplayMemory memory_{*this, options()};
};

}  // namespace

CLH_PLUGIN(clh::model<DarkExperienceReplay>("der", "Dark experience replay"));
