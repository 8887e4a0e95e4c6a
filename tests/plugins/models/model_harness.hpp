// ModelHarness: one model plugin, loaded from its .so, among the host's own services, and fed with
// tasks of a few samples that the test makes up.
#pragma once
#include <clh/model.hpp>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/data/sample_transform.hpp"
#include "core/instances/model_proxy.hpp"
#include "core/network/criterion.hpp"
#include "core/network/network_table.hpp"
#include "core/state/state_record.hpp"

namespace clh::test {

/// Option values as text, by name; what is absent keeps its default.
using OptionTexts = std::map<std::string, std::string>;

struct HarnessPlan {
  std::string model;
  OptionTexts options{};
  std::vector<std::int64_t> input{2};  // sample shape; raw values are used as they are
  std::string backbone = "mlp";
  OptionTexts backbone_options{{"width", "3"}, {"depth", "1"}};
  core::HeadForm head = core::HeadForm::kFixed;
  std::vector<std::int64_t> blocks{4};  // outputs of each block
  Scenario scenario = Scenario::kClassIl;
  std::int32_t tasks = 2;
  std::int64_t epochs = 1;  // as the task says; train() is one of them
  double rate = 0.1;
  std::uint64_t seed = 0;
};

/// A task's training data: raw [N, ...] float32, labels [N] output indices.
struct HarnessTask {
  at::Tensor raw, labels;
  std::vector<std::int64_t> classes;
};

/// N samples drawn from N(0, 1), labels in turn from `classes`.
HarnessTask random_task(std::int64_t samples, const std::vector<std::int64_t>& sample_shape,
                        const std::vector<std::int64_t>& classes, std::uint64_t seed);

class ModelHarness {
 public:
  explicit ModelHarness(const HarnessPlan& plan);
  ~ModelHarness();
  ModelHarness(const ModelHarness&) = delete;
  ModelHarness& operator=(const ModelHarness&) = delete;

  /// As the loop does: grows an incremental head, resets the optimizer, tells the model.
  void begin_task(const HarnessTask& task);
  /// One step on samples of the present task, whose place in the epoch is not known. Returns: the
  /// model's loss.
  double observe(const at::Tensor& raw, const at::Tensor& labels);
  /// With the samples' own ids [B]; without, each is a sample never seen before.
  double observe(const at::Tensor& raw, const at::Tensor& labels, const at::Tensor& ids);
  /// One epoch over the present task's data, appended samples too, in order.
  void train(std::int64_t batch_size);
  void end_task();

  at::Tensor forward(const at::Tensor& raw) const;  // [B, C], with a graph
  /// What the model answers in eval mode, [B, C]; the network's outputs if it has no predict.
  /// In task-il `task` says whose they are.
  at::Tensor predict(const at::Tensor& raw, std::int32_t task = -1) const;
  at::Tensor values() const;  // [P], shared
  at::Tensor grads() const;   // [P], shared: the last step's
  /// The flat gradient of a loss at the present values. Owner: a copy.
  at::Tensor gradient_of(const at::Tensor& loss) const;
  core::Network& network();
  void set_rate(double rate);
  at::Generator generator(const char* stream);  // of the model; shared

  /// The model's own state. Owner: the result.
  std::unique_ptr<core::StateRecord> model_state() const;
  /// Everything a checkpoint holds.
  struct Checkpoint {
    core::StateRecord record;
    std::map<std::string, std::uint64_t> streams;
  };
  std::unique_ptr<Checkpoint> save();
  /// Inputs: of a harness of the same plan that stood within or after `task`, the `index`-th.
  void load(const Checkpoint& checkpoint, const HarnessTask& task, std::int32_t index);

  /// What the model appended to the present task.
  const std::vector<at::Tensor>& appended_raw() const;
  const std::vector<at::Tensor>& appended_labels() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace clh::test
