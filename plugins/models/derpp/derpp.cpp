// DarkExperienceReplayPlus: DER with a second, independent draw trained on its labels.
// Buzzega et al., "Dark Experience for General Continual Learning", arXiv:2004.07211, eq. 7.
// Where the head has grown since a sample was stored, only the stored outputs are compared.
#include <clh/losses/stored_output_distance.hpp>
#include <clh/memory/replay_memory.hpp>

namespace {

struct Options : clh::ReplayOptions {
  double alpha = 0.5;
  double beta = 0.5;
  void bind(clh::OptionBinder& option) {
    ReplayOptions::bind(option);
    option("alpha", alpha, "weight of the distance to the stored outputs").min(0);
    option("beta", beta, "weight of the loss on the stored labels").min(0);
  }
};

class DarkExperienceReplayPlus final : public clh::ModelOf<Options> {
 public:
  static constexpr const char* kCite = "Buzzega et al. 2020, arXiv:2004.07211";
  using ModelOf::ModelOf;

  double observe(const clh::Batch& batch) override {
    const auto outputs = net().forward(batch.inputs);
    auto loss = criterion(outputs, batch.labels);
    if (!memory_.empty()) {
      const auto dark = memory_.draw(batch);
      const auto now = net().forward(augment(dark.raw));
      loss = loss.add(clh::stored_output_distance(now, dark.extra[0]), options().alpha);
      const auto plain = memory_.draw(batch);
      loss = loss.add(criterion(net().forward(augment(plain.raw)), plain.labels), options().beta);
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

CLH_PLUGIN(clh::model<DarkExperienceReplayPlus>("derpp", "DER++"));
