// Rpc: the classes have fixed, equally distant directions, the vertices of a regular simplex, room
// for those to come included; only the features learn, and a class-balanced memory is replayed.
// Pernici et al., "Class-incremental Learning with Pre-allocated Fixed Classifiers",
// arXiv:2010.08657, with the d-Simplex.
// Features of width C - 1 are the first C - 1 outputs of the host's head, which so is the last
// learned layer; its last output is unused, its gradient zero. A head that grows leaves no room for
// classes to come: the simplex is then that of the outputs so far.
// Differs from the paper: the loss is that of `er`, one mean over the batch and what is replayed.
// `formula=reference-code` is the form of the public code: in training the raw outputs go into the
// loss, the simplex serves prediction alone.
#include <clh/memory/class_exemplars.hpp>
#include <clh/memory/distinct_draw.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/memory/replay_options.hpp>
#include <clh/memory/seen_classes.hpp>
#include <clh/model.hpp>
#include <clh/networks/task_labels.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {

/// Unit vectors with inner products -1 / (C - 1), the columns of [C - 1, C]. Inputs: C >= 2.
at::Tensor simplex(std::int64_t classes) {
  const auto c = static_cast<double>(classes);
  const auto last = at::full({classes - 1, 1}, (1 - std::sqrt(c)) / (c - 1), at::kDouble);
  auto vertices = at::cat({at::eye(classes - 1, at::kDouble), last}, 1);
  vertices = vertices - vertices.mean(1, true);
  return (vertices / vertices.norm(2, 0, true)).to(at::kFloat);
}

class Rpc final : public clh::Model {
 public:
  static constexpr const char* kCite = "Pernici et al. 2020, arXiv:2010.08657";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    clh::Formula formula = clh::Formula::kPaper;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, as many of each class")
          .min(1)
          .at_least(clh::kClasses);
      option("minibatch", minibatch, "exemplars drawn per step; 0 = as many as the batch").min(0);
      option("formula", formula,
             "reference-code: the simplex in prediction alone, see the public code")
          .choices({"paper", "reference-code"});
    }
  };

  Rpc(const clh::ModelContext& context, const Options& options)
      : Model(context), options_(options) {
    clh::require_one_of_each(options.buffer_size, net().info().outputs);
    if (net().info().head == CLH_HEAD_INCREMENTAL) {
      log(kWarning,
          "rpc: an incremental head leaves no room for classes to come, their directions change "
          "with every task; head=fixed keeps them");
    }
  }

  void begin_task(const clh::Task& task) override {
    clh::require_one_of_each(options_.buffer_size, task.outputs());
    place_vertices();
  }

  double observe(const clh::Batch& batch) override {
    auto inputs = batch.inputs, labels = batch.labels;
    if (!exemplars_.empty()) {
      if (!memory_.raw.defined()) {
        memory_ = exemplars_.all();
      }
      auto random = rng("buffer.sample");
      const auto count = options_.minibatch > 0 ? options_.minibatch : batch.size();
      const auto rows =
          at::tensor(clh::draw_distinct(random, memory_.labels.size(0), count), at::kLong);
      inputs = at::cat({inputs, augment(memory_.raw.index_select(0, rows))});
      labels = at::cat({labels, memory_.labels.index_select(0, rows)});
    }
    const auto outputs = net().forward(inputs);
    const bool raw = options_.formula == clh::Formula::kReferenceCode;
    return learn(criterion(raw ? outputs : project(outputs), labels));
  }

  /// Cuts old classes to their part and fills the rest with samples of the task, equally; what is
  /// left over goes to classes drawn among its own.
  void end_task(const clh::Task& task) override {
    auto random = rng("buffer.insert");
    const auto classes = task.classes();
    seen_.begin_task(classes);
    exemplars_.truncate(options_.buffer_size / seen_.count());
    const auto room = options_.buffer_size - exemplars_.size();
    const auto count = static_cast<std::int64_t>(classes.size());
    const auto labels = clh::task_labels(*this, task);
    const auto order = random.permutation(count);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto c = classes[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
      const auto wanted = room / count + (i < room % count ? 1 : 0);
      const auto places = labels.eq(c).nonzero().squeeze(1);
      auto chosen = clh::draw_distinct(random, places.size(0), wanted);
      for (auto& place : chosen) {
        place = places[place].item<std::int64_t>();
      }
      if (!chosen.empty()) {
        exemplars_.add(c, task.read(chosen).raw);
      }
    }
    memory_ = {};
  }

  at::Tensor predict(const clh::Query& query) override {
    return project(net().forward(query.inputs));
  }

  void state(clh::Archive& archive) override {
    archive("seen", seen_)("exemplars", exemplars_);
    memory_ = {};
    vertices_ = at::Tensor();
  }

 private:
  /// Errors: UsageError for less than two outputs.
  void place_vertices() {
    const auto outputs = net().info().outputs;
    if (outputs < 2) {
      throw clh::UsageError("[model] rpc: expected two or more outputs, found " +
                            std::to_string(outputs));
    }
    if (!vertices_.defined() || vertices_.size(1) != outputs) {
      vertices_ = simplex(outputs);
    }
  }

  /// Outputs [B, C] -> inner products of the first C - 1 with the vertices, [B, C].
  at::Tensor project(const at::Tensor& outputs) {
    place_vertices();
    return outputs.narrow(1, 0, vertices_.size(0)).matmul(vertices_);
  }

  Options options_;
  at::Tensor vertices_;  // [C - 1, C]; undefined = to be placed
  clh::SeenClasses seen_;
  clh::ClassExemplars exemplars_;
  clh::ClassExemplars::Samples memory_;  // all of them in one block; raw undefined = to be made
};

}  // namespace

CLH_PLUGIN(clh::model<Rpc>("rpc", "Regular polytope classifier"));
