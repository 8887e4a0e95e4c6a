// ExtendedDarkReplay: DER++ whose stored outputs are brought up to date: the part of later tasks is
// implanted into them, held below the true class; the outputs of tasks to come are prepared by
// contrast and kept below those of the sample's own task.
// Boschini et al., "Class-Incremental Continual Learning into the eXtended DER-verse",
// arXiv:2201.00766; formulas as in the authors' code.
// Differs from it: augmentation is the dataset's (where it has none, all views are equal); outputs
// are stored in eval mode on samples as they are; batch-norm statistics follow every pass. A stored
// vector whose true class is below 0 is not scaled, which would turn the signs: it stays as it was.
// With head=incremental there are no outputs to come, and nothing to prepare.
#include <clh/losses/check_labels.hpp>
#include <clh/losses/normalize_rows.hpp>
#include <clh/losses/stored_output_distance.hpp>
#include <clh/losses/supervised_contrastive.hpp>
#include <clh/memory/replay_limits.hpp>
#include <clh/model.hpp>
#include <clh/networks/for_each_batch.hpp>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "dark_coreset.hpp"

namespace {

using Places = DarkCoreset::Places;

at::Tensor index_of(const Places& places) {
  return at::tensor(places, at::kLong);
}

class ExtendedDarkReplay final : public clh::Model {
 public:
  static constexpr const char* kCite = "Boschini et al. 2022, arXiv:2201.00766";
  struct Options {
    std::int64_t buffer_size = 500;
    std::int64_t minibatch = 0;
    double alpha = 0.5;
    double beta = 0.5;
    double gamma = 0.85;
    double lambda = 0.05;
    double tau = 5;
    std::int64_t simclr_batch = 64;
    std::int64_t n_aug = 4;
    double eta = 0.1;
    double margin = 0.3;
    bool past_constraint = true;
    void bind(clh::OptionBinder& option) {
      option("buffer-size", buffer_size, "exemplars kept in memory, as many of each class")
          .min(1)
          .at_least(clh::kClasses);
      option("minibatch", minibatch, "exemplars in each of the two draws; 0 = as the batch").min(0);
      option("alpha", alpha, "weight of the distance to the stored outputs").min(0);
      option("beta", beta, "weight of the loss on the stored labels").min(0);
      option("gamma", gamma, "how near to the true class implanted outputs may come").range(0, 1);
      option("lambda", lambda, "weight of the contrast that prepares outputs to come").min(0);
      option("tau", tau, "temperature of the contrast").above(0);
      option("simclr-batch", simclr_batch, "exemplars that join the batch in the contrast").min(0);
      option("views", n_aug, "views of each sample in the contrast").min(1);
      option("eta", eta, "weight of the constraints").min(0);
      option("margin", margin, "by which the sample's own task must lead").min(0);
      option("past-constraint", past_constraint,
             "the batch's task must lead over earlier ones too");
    }
  };

  ExtendedDarkReplay(const clh::ModelContext& context, const Options& options)
      : Model(context),
        options_(options),
        memory_(options.buffer_size, rng("buffer.insert"), rng("buffer.sample")) {
    clh::require_one_of_each(options_.buffer_size, net().info().outputs);
  }

  void begin_task(const clh::Task& task) override {
    clh::require_one_of_each(options_.buffer_size, task.outputs());
    tasks_.push_back(task.classes());
    find_blocks();
    to_come_ = std::min(task.count() - task.index() - 1, blocks_.unseen.size(0));
    memory_.widen(net().info().outputs);
  }

  double observe(const clh::Batch& batch) override {
    clh::check_labels(batch.labels, net().info().outputs);
    recall_blocks();
    optimizer().zero_grad();
    const auto outputs = net().forward(batch.inputs);
    auto loss = among(blocks_.present, outputs, batch.labels);
    Seen seen{outputs, at::full_like(batch.labels, present()), {}};
    if (!memory_.empty()) {
      loss = loss + replay(options_.minibatch > 0 ? options_.minibatch : batch.size(), seen);
    }
    if (to_come_ > 0) {
      const auto above = seen.outputs.index_select(1, blocks_.unseen).amax(1);
      loss = loss.add(preparation(batch), options_.lambda);
      loss = loss.add(excess(above - best_of(seen)), options_.eta);
    }
    if (options_.past_constraint && blocks_.past.size(0) > 0) {
      const auto order = at::cat({blocks_.past, blocks_.present});
      const auto shares = outputs.index_select(1, order).softmax(1);
      const auto old = blocks_.past.size(0);
      const auto above = shares.narrow(1, 0, old).amax(1).detach();
      const auto own = shares.narrow(1, old, blocks_.present.size(0)).amax(1);
      loss = loss.add(excess(above - own), options_.eta);
    }
    loss.backward();
    optimizer().step();
    if (!seen.slots.empty()) {
      refresh(seen.slots,
              seen.outputs.detach().narrow(0, batch.size(), seen.outputs.size(0) - batch.size()));
    }
    return loss.item<double>();
  }

  /// Keeps an equal part of each class and brings what is older up to date.
  void end_task(const clh::Task& task) override {
    const at::NoGradGuard no_grad;
    recall_blocks();
    net().set_training(false);
    memory_.shrink(options_.buffer_size / (blocks_.past.size(0) + blocks_.present.size(0)));
    if (!memory_.empty()) {
      memory_.set_outputs(at::arange(memory_.size()),
                          implanted(memory_.outputs(), outputs_now(memory_.raw()), memory_.labels(),
                                    from_present_on()));
    }
    std::vector<at::Tensor> labels;
    clh::for_each_batch(*this, task, kPiece,
                        [&](const clh::TaskSamples& read) { labels.push_back(read.labels); });
    const auto chosen = labels.empty() ? Places{} : memory_.choose(at::cat(labels), tasks_.back());
    if (!chosen.empty()) {
      const auto read = task.read(chosen);
      const auto fresh = outputs_now(read.raw);
      memory_.add(
          read.raw, read.labels, present(),
          blocks_.past.size(0) > 0 ? implanted(fresh, fresh, read.labels, blocks_.past) : fresh);
    }
    net().set_training(true);
  }

  void state(clh::Archive& archive) override {
    archive("tasks", tasks_)("to-come", to_come_)("memory", memory_);
    blocks_ = {};
  }

 private:
  static constexpr std::int64_t kPiece = 500;  // bounds memory; without effect on the result
  static constexpr double kNever = -std::numeric_limits<double>::infinity();

  std::int64_t present() const { return static_cast<std::int64_t>(tasks_.size()) - 1; }

  static Places range(std::int64_t end) {
    Places places(static_cast<std::size_t>(end));
    std::iota(places.begin(), places.end(), std::int64_t{0});
    return places;
  }

  /// Outputs [n, C] of the batch and of replayed samples, each of these once.
  struct Seen {
    at::Tensor outputs, tasks;  // [n]: the task of each
    Places slots;               // of the replayed ones
  };

  /// The distance of one draw to its stored outputs, the loss of another on its labels.
  at::Tensor replay(std::int64_t count, Seen& seen) {
    const auto dark = memory_.draw(count);
    const auto of_dark = index_of(dark);
    const auto recalled = net().forward(augment(memory_.raw().index_select(0, of_dark)));
    const auto gap =
        clh::stored_output_distance(recalled, memory_.outputs().index_select(0, of_dark));
    const auto plain = memory_.draw(count);
    const auto of_plain = index_of(plain);
    const auto named = net().forward(augment(memory_.raw().index_select(0, of_plain)));
    const auto loss = among(blocks_.past, named, memory_.labels().index_select(0, of_plain));
    Places rows;
    for (std::size_t i = 0; i < dark.size() + plain.size(); ++i) {
      const auto slot = i < dark.size() ? dark[i] : plain[i - dark.size()];
      if (std::find(seen.slots.begin(), seen.slots.end(), slot) == seen.slots.end()) {
        seen.slots.push_back(slot);
        rows.push_back(static_cast<std::int64_t>(i));
      }
    }
    const auto once = at::cat({recalled, named}).index_select(0, index_of(rows));
    seen.outputs = at::cat({seen.outputs, once});
    seen.tasks = at::cat({seen.tasks, memory_.tasks().index_select(0, index_of(seen.slots))});
    return gap * options_.alpha + loss * options_.beta;
  }

  /// Sorts the outputs into those of earlier tasks, of this one, and of those to come.
  void find_blocks() {
    Places past;
    auto unseen = range(net().info().outputs);
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      for (const auto c : tasks_[t]) {
        unseen.erase(std::remove(unseen.begin(), unseen.end(), c), unseen.end());
        if (t + 1 < tasks_.size()) {
          past.push_back(c);
        }
      }
    }
    blocks_ = {index_of(past), index_of(tasks_.back()), index_of(unseen)};
  }

  void recall_blocks() {
    if (!blocks_.present.defined()) {
      find_blocks();
    }
  }

  /// Cross-entropy of a softmax over these classes [k] alone. outputs [B, C], labels [B].
  static at::Tensor among(const at::Tensor& classes, const at::Tensor& outputs,
                          const at::Tensor& labels) {
    const auto same = labels.unsqueeze(1).eq(classes.unsqueeze(0));
    if (!same.any(1).all().item<bool>()) {
      throw clh::UsageError(
          "[model] xder: expected labels of the task's own classes, found others");
    }
    const auto places = same.to(at::kLong).argmax(1);
    return at::cross_entropy_loss(outputs.index_select(1, classes), places);
  }

  /// The highest output of each sample's own task, [n].
  at::Tensor best_of(const Seen& seen) const {
    auto others =
        at::ones({static_cast<std::int64_t>(tasks_.size()), seen.outputs.size(1)}, at::kBool);
    for (std::size_t t = 0; t < tasks_.size(); ++t) {
      others[static_cast<std::int64_t>(t)].index_fill_(0, index_of(tasks_[t]), false);
    }
    return seen.outputs.masked_fill(others.index_select(0, seen.tasks), kNever).amax(1);
  }

  /// The mean of what is above minus the margin, over those that are; 0 if none is. above [n].
  at::Tensor excess(const at::Tensor& above) const {
    const auto beyond = above + options_.margin;
    const auto violated = beyond.gt(0);
    return beyond.masked_fill(violated.logical_not(), 0).sum() / violated.sum().clamp_min(1);
  }

  /// The mean contrast of batch and memory in the outputs of each task to come.
  at::Tensor preparation(const clh::Batch& batch) {
    auto raw = batch.raw, labels = batch.labels;
    if (!memory_.empty() && options_.simclr_batch > 0) {
      const auto rows = index_of(memory_.draw(options_.simclr_batch));
      raw = at::cat({raw, memory_.raw().index_select(0, rows)});
      labels = at::cat({labels, memory_.labels().index_select(0, rows)});
    }
    std::vector<at::Tensor> views;
    for (std::int64_t view = 0; view < options_.n_aug; ++view) {
      views.push_back(augment(raw));
    }
    const auto outputs = net().forward(at::cat(views));
    auto sum = at::zeros({}, outputs.options());
    for (const auto& head : blocks_.unseen.tensor_split(to_come_)) {
      sum = sum + clh::supervised_contrastive(clh::normalize_rows(outputs.index_select(1, head)),
                                              labels.repeat({options_.n_aug}),
                                              {options_.tau, options_.tau});
    }
    return sum / static_cast<double>(to_come_);
  }

  /// kept [n, C] with a block of outputs from fresh [n, C]; where the block's highest is above the
  /// true class, the block is scaled so that it comes to gamma times the true class.
  at::Tensor implanted(const at::Tensor& kept, const at::Tensor& fresh, const at::Tensor& labels,
                       const at::Tensor& block) const {
    const auto part = fresh.index_select(1, block), before = kept.index_select(1, block);
    const auto own = kept.gather(1, labels.unsqueeze(1)), top = part.amax(1, true);
    const auto above = top.gt(own);
    const auto scaled = at::where(above, part * (own / top) * options_.gamma, part);
    return kept.index_copy(1, block, at::where(above.logical_and(own.lt(0)), before, scaled));
  }

  /// Brings the drawn slots up to date, each with probability 1 / its draws in this task.
  void refresh(const Places& drawn, const at::Tensor& fresh) {
    const at::NoGradGuard no_grad;
    auto random = rng("method");
    Places slots, rows;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      if (random.uniform() * static_cast<double>(memory_.count_draw(drawn[i])) < 1) {
        slots.push_back(drawn[i]);
        rows.push_back(static_cast<std::int64_t>(i));
      }
    }
    if (!slots.empty()) {
      const auto index = index_of(slots);
      memory_.set_outputs(
          index,
          implanted(memory_.outputs().index_select(0, index), fresh.index_select(0, index_of(rows)),
                    memory_.labels().index_select(0, index), from_present_on()));
    }
  }
  at::Tensor from_present_on() const { return at::cat({blocks_.present, blocks_.unseen}); }

  at::Tensor outputs_now(const at::Tensor& raw) const {
    std::vector<at::Tensor> outputs;
    for (const auto& piece : raw.split(kPiece)) {
      outputs.push_back(net().forward(normalize(piece)));
    }
    return at::cat(outputs);
  }

  /// Outputs [k] of earlier tasks, of this one, and of those to come.
  struct Blocks {
    at::Tensor past, present, unseen;
  };

  Options options_;
  std::vector<Places> tasks_;  // output indices of each task so far
  std::int64_t to_come_ = 0;   // tasks whose outputs exist already
  Blocks blocks_;              // undefined after a load
  DarkCoreset memory_;
};

}  // namespace

CLH_PLUGIN(clh::model<ExtendedDarkReplay>("xder", "Extended dark experience replay"));
