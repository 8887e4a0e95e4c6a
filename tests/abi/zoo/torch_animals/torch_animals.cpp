// Torch animals: a model and a backbone with SDK and LibTorch that break the rules on tensors and
// on what belongs to the host (option `animal`), from training step `at` on.
#include <clh/backbone.hpp>
#include <clh/model.hpp>

#include <torch/torch.h>

namespace {

enum class Bite { kNone, kThrowsC10, kThrowsInt, kSeeds, kOldView, kWritesValues };

class ZooTorch final : public clh::Model {
 public:
  struct Options {
    Bite animal = Bite::kNone;
    std::int64_t at = 3;
    void bind(clh::OptionBinder& option) {
      option("animal", animal, "what goes wrong")
          .choices({"none", "throws-c10", "throws-int", "seeds", "old-view", "writes-values"});
      option("at", at, "the first training step that goes wrong");
    }
  };

  ZooTorch(const clh::ModelContext& context, const Options& options)
      : Model(context), animal_(options.animal), at_(options.at) {}

  double observe(const clh::Batch& batch) override {
    const auto bite = batch.step >= at_ ? animal_ : Bite::kNone;
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    if (bite == Bite::kThrowsC10) {
      TORCH_CHECK(false, "expected a cage, found a lion");
    }
    if (bite == Bite::kThrowsInt) {
      throw 42;  // NOLINT: the point
    }
    if (bite == Bite::kSeeds) {
      torch::manual_seed(7);
    }
    if (bite == Bite::kWritesValues) {
      net().values().mul_(1.0);
    }
    loss.backward();
    optimizer().step();
    if (animal_ == Bite::kOldView) {
      keep_old_views();
    }
    return loss.item<double>();
  }

 private:
  /// Reads and writes through views of the first task for ever.
  void keep_old_views() {
    if (!values_.defined()) {
      values_ = net().values();
      grads_ = net().grads();
    }
    values_.add_(grads_, 0.0);
    metric("zoo/old-size", static_cast<double>(values_.numel()));
    metric("zoo/size", static_cast<double>(net().values().numel()));
  }

  Bite animal_;
  std::int64_t at_;
  at::Tensor values_, grads_;
};

enum class Scratch { kNone, kReplacesGrad, kDropsGrad, kResizes, kReplacesData };

/// One linear layer that mistreats its parameter after an optimizer step.
class ZooLayer final : public clh::Backbone {
 public:
  struct Options {
    Scratch animal = Scratch::kNone;
    std::int64_t at = 3;
    void bind(clh::OptionBinder& option) {
      option("animal", animal, "what goes wrong")
          .choices({"none", "replaces-grad", "drops-grad", "resizes", "replaces-data"});
      option("at", at, "the first optimizer step that goes wrong");
    }
  };

  ZooLayer(const clh::BackboneContext& context, const Options& options)
      : Backbone(context),
        options_(options),
        inputs_(input_shape().numel()),
        weight_(register_parameter("weight", at::rand({kUnits, inputs_}) - 0.5)) {}

  clh::Shape feature_shape() const override { return {kUnits}; }
  at::Tensor features(const at::Tensor& x) override {
    return at::relu(at::linear(x.flatten(1), weight_));
  }
  void after_step() override {
    if (steps_++ < options_.at) {
      return;
    }
    const at::NoGradGuard no_grad;
    switch (options_.animal) {
      case Scratch::kReplacesGrad:
        weight_.mutable_grad() = at::zeros_like(weight_);
        break;
      case Scratch::kDropsGrad:
        weight_.mutable_grad() = at::Tensor();
        break;
      case Scratch::kResizes:
        weight_.set_data(weight_.narrow(0, 0, kUnits - 1).clone());
        break;
      case Scratch::kReplacesData:
        weight_.set_data(weight_.clone());
        break;
      case Scratch::kNone:
        break;
    }
  }

 private:
  static constexpr std::int64_t kUnits = 8;
  Options options_;
  std::int64_t inputs_, steps_ = 0;
  at::Tensor weight_;
};

}  // namespace

CLH_PLUGIN(clh::model<ZooTorch>("zoo-torch", "Breaks the rules on tensors"),
           clh::backbone<ZooLayer>("zoo-layer", "Mistreats its parameter"));
