// HostileTorch and HostileLayer: a model and a backbone with SDK and LibTorch that break the rules
// on tensors and on what belongs to the host (option `fault`), from training step `at` on.
#include <clh/backbone.hpp>
#include <clh/model.hpp>

#include <torch/torch.h>

namespace {

enum class Fault { kNone, kThrowsC10, kThrowsInt, kSeeds, kOldView, kWritesValues };

class HostileTorch final : public clh::Model {
 public:
  struct Options {
    Fault fault = Fault::kNone;
    std::int64_t at = 3;
    void bind(clh::OptionBinder& option) {
      option("fault", fault, "what goes wrong")
          .choices({"none", "throws-c10", "throws-int", "seeds", "old-view", "writes-values"});
      option("at", at, "the first training step that goes wrong");
    }
  };

  HostileTorch(const clh::ModelContext& context, const Options& options)
      : Model(context), fault_(options.fault), at_(options.at) {}

  double observe(const clh::Batch& batch) override {
    const auto fault = batch.step >= at_ ? fault_ : Fault::kNone;
    optimizer().zero_grad();
    const auto loss = criterion(net().forward(batch.inputs), batch.labels);
    if (fault == Fault::kThrowsC10) {
      TORCH_CHECK(false, "expected a return, found a throw");
    }
    if (fault == Fault::kThrowsInt) {
      throw 42;  // NOLINT: the point
    }
    if (fault == Fault::kSeeds) {
      torch::manual_seed(7);
    }
    if (fault == Fault::kWritesValues) {
      net().values().mul_(1.0);
    }
    loss.backward();
    optimizer().step();
    if (fault_ == Fault::kOldView) {
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
    metric("hostile/old-size", static_cast<double>(values_.numel()));
    metric("hostile/size", static_cast<double>(net().values().numel()));
  }

  Fault fault_;
  std::int64_t at_;
  at::Tensor values_, grads_;
};

enum class LayerFault { kNone, kReplacesGrad, kDropsGrad, kResizes, kReplacesData };

/// One linear layer that mistreats its parameter after an optimizer step.
class HostileLayer final : public clh::Backbone {
 public:
  struct Options {
    LayerFault fault = LayerFault::kNone;
    std::int64_t at = 3;
    void bind(clh::OptionBinder& option) {
      option("fault", fault, "what goes wrong")
          .choices({"none", "replaces-grad", "drops-grad", "resizes", "replaces-data"});
      option("at", at, "the first optimizer step that goes wrong");
    }
  };

  HostileLayer(const clh::BackboneContext& context, const Options& options)
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
    switch (options_.fault) {
      case LayerFault::kReplacesGrad:
        weight_.mutable_grad() = at::zeros_like(weight_);
        break;
      case LayerFault::kDropsGrad:
        weight_.mutable_grad() = at::Tensor();
        break;
      case LayerFault::kResizes:
        weight_.set_data(weight_.narrow(0, 0, kUnits - 1).clone());
        break;
      case LayerFault::kReplacesData:
        weight_.set_data(weight_.clone());
        break;
      case LayerFault::kNone:
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

CLH_PLUGIN(clh::model<HostileTorch>("hostile-torch", "Breaks the rules on tensors"),
           clh::backbone<HostileLayer>("hostile-layer", "Mistreats its parameter"));
