// Model: a continual-learning algorithm. The host owns network, optimizer, loss and loop.
#pragma once
#include <clh/network.hpp>
#include <clh/trampoline.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

using ModelContext = Context<clh_model_spec>;

enum class Scenario : std::int32_t {
  kClassIl = CLH_CLASS_IL,
  kDomainIl = CLH_DOMAIN_IL,
  kTaskIl = CLH_TASK_IL,
  kTaskFree = CLH_TASK_FREE
};
/// Which view of the raw samples: as they are, or augmented; both normalized.
enum class View : std::int32_t { kPlain = CLH_PLAIN, kAugmented = CLH_AUGMENTED };

/// A training batch. Labels are output indices in every scenario.
struct Batch {
  at::Tensor inputs;  // [B, ...] network input, augmented and normalized
  at::Tensor raw;     // [B, ...] before augmentation, in the dataset's dtype
  at::Tensor labels;  // [B] int64
  at::Tensor ids;     // [B] int64, sample numbers; -1 for appended samples
  std::int64_t epoch, index, per_epoch, step;  // index from 0; per_epoch 0 = unknown
  std::int64_t size() const { return labels.size(0); }
  /// Samples first .. first+count-1 of it. Owner: views.
  Batch rows(std::int64_t first, std::int64_t count) const {
    auto part = *this;
    for (auto* tensor : {&part.inputs, &part.raw, &part.labels, &part.ids}) {
      *tensor = tensor->narrow(0, first, count);
    }
    return part;
  }
};

/// Samples read from the current task.
struct TaskSamples {
  at::Tensor inputs;  // [n, ...] normalized
  at::Tensor raw;     // [n, ...]
  at::Tensor labels;  // [n] int64
};

/// The task that begins or ends, with its training data and nothing else.
class Task {
 public:
  explicit Task(const clh_task* task) : task_(task) {}
  /// Position in the stream, from 0.
  std::int64_t index() const { return task_->index; }
  bool first() const { return task_->index == 0; }
  /// Number of tasks. Errors: UsageError without the capability needs:task-count.
  std::int64_t count() const {
    if (task_->count == 0) {
      throw UsageError("[model] expected the capability needs:task-count, found a model without it");
    }
    return task_->count;
  }
  /// Epochs of this task, 0 = unknown.
  std::int64_t epochs() const { return task_->epochs; }
  /// Number of outputs before and with this task.
  std::int64_t outputs_before() const { return task_->outputs_before; }
  std::int64_t outputs() const { return task_->outputs; }
  /// Output indices of this task's classes, ascending.
  std::vector<std::int64_t> classes() const {
    return {task_->classes, task_->classes + task_->n_classes};
  }
  /// Training samples of this task; 0 in online streams.
  std::int64_t size() const { return task_->data != nullptr ? task_->data->size : 0; }

  /// Training samples by position in [0, size()). Errors: UsageError in online streams.
  TaskSamples read(const std::vector<std::int64_t>& positions, View view = View::kPlain) const {
    const auto* data = require_data();
    clh_tensor *x = nullptr, *raw = nullptr, *y = nullptr;
    call(data->read, data->ctx, positions.data(), static_cast<std::int64_t>(positions.size()),
         static_cast<std::int32_t>(view), &x, &raw, &y);
    return {adopt(x), adopt(raw), adopt(y)};
  }
  /// Merges samples into this task's training set; in begin_task only.
  void append(const at::Tensor& raw, const at::Tensor& labels) const {
    const auto* data = require_data();
    call(data->append, data->ctx, lend(raw), lend(labels));
  }

 private:
  const clh_task_data* require_data() const {
    if (task_->data == nullptr) {
      throw UsageError("[model] expected a stream with task data, found an online stream");
    }
    return task_->data;
  }
  const clh_task* task_;
};

struct Query {
  at::Tensor inputs;  // [B, ...] normalized
  std::int64_t task;  // -1 unless task-il
};

/// Base of every algorithm. Override observe; the rest has a meaning that is usually right.
class Model : public HostServices {
 public:
  using Options = NoOptions;
  explicit Model(const ModelContext& context)
      : HostServices(context.host),
        spec_(context.spec),
        net_(context.host, whole_or_none(context.spec->net_vt, "clh_network_vt"), context.spec->net),
        optimizer_(whole_or_none(context.spec->opt_vt, "clh_optimizer_vt"), context.spec->opt) {
    whole_or_none(spec_->crit_vt, "clh_criterion_vt");
    whole_or_none(spec_->aug_vt, "clh_augment_vt");
  }
  virtual ~Model() = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  virtual void begin_task(const Task&) {}
  virtual void begin_epoch(std::int64_t) {}
  /// One training step. Returns: the loss, for the curve.
  virtual double observe(const Batch& batch) = 0;
  virtual void end_epoch(std::int64_t) {}
  virtual void end_task(const Task&) {}
  /// Outputs [B, C] in eval mode without gradients; the host masks by scenario.
  virtual at::Tensor predict(const Query& query) { return net().forward(query.inputs); }
  virtual void set_training(bool) {}
  /// Saves and loads what is the model's own; network, optimizer and streams are the host's.
  virtual void state(Archive&) {}

  /// What the host gave: the network and the optimizer over it, both absent without a network.
  const Network& net() const { return net_; }
  const Optimizer& optimizer() const { return optimizer_; }
  Scenario scenario() const { return static_cast<Scenario>(spec_->scenario); }
  /// A named stream: `buffer.insert`, `buffer.sample` or `method`.
  Rng rng(const char* name) const { return {c_host(), name}; }

 protected:
  /// One step down a loss []: gradients from zero, backward, the optimizer's step.
  /// Returns: the loss, for the curve.
  double learn(const at::Tensor& loss) const {
    optimizer_.zero_grad();
    loss.backward();
    optimizer_.step();
    return loss.item<double>();
  }
  /// Mean loss [] of outputs [B, C] against labels [B] int64, restricted to the label's block under
  /// a multi-head, over all outputs else.
  at::Tensor criterion(const at::Tensor& outputs, const at::Tensor& labels) const {
    return loss(outputs, labels, 0);
  }
  /// Loss of each sample [B].
  at::Tensor criterion_each(const at::Tensor& outputs, const at::Tensor& labels) const {
    return loss(outputs, labels, 1);
  }
  /// raw [B, ...] -> network input, augmented afresh and normalized.
  at::Tensor augment(const at::Tensor& raw) const { return view(raw, View::kAugmented); }
  /// raw [B, ...] -> network input, normalized only.
  at::Tensor normalize(const at::Tensor& raw) const { return view(raw, View::kPlain); }
  /// State of a network from net().frozen_copy(), copy() or fresh().
  void archive_network(Archive& archive, const char* key, Network& other,
                       NetworkCopy how = NetworkCopy::kFrozen) const {
    Network::archive(archive, key, other, net_, how);
  }

 private:
  /// A model without a network gets no tables.
  template <class Table>
  static const Table* whole_or_none(const Table* table, const char* name) {
    return table == nullptr ? nullptr : &require_complete(table, name);
  }
  at::Tensor loss(const at::Tensor& outputs, const at::Tensor& labels, std::int32_t each) const {
    clh_tensor* out = nullptr;
    call(spec_->crit_vt->loss, spec_->crit, lend(outputs), lend(labels), each, &out);
    return adopt(out);
  }
  at::Tensor view(const at::Tensor& raw, View view) const {
    clh_tensor* out = nullptr;
    call(spec_->aug_vt->apply, spec_->aug, lend(raw), static_cast<std::int32_t>(view), &out);
    return adopt(out);
  }
  const clh_model_spec* spec_;
  Network net_;
  Optimizer optimizer_;
};

/// Base of a model with options, which are there before its members: `memory_{*this, options()}`.
template <class OptionStruct>
class ModelOf : public Model {
 public:
  using Options = OptionStruct;
  ModelOf(const ModelContext& context, const Options& options)
      : Model(context), options_(options) {}

 protected:
  const Options& options() const { return options_; }

 private:
  Options options_;
};

struct ModelKind : TorchKind<Model> {
  using Spec = clh_model_spec;
  static constexpr clh_kind kKind = CLH_MODEL;

  template <class Method, class Inherited>
  static constexpr bool overrides = !std::is_same_v<Method, Inherited>;

  /// NULL where T does not override: the host then saves the call.
  template <class T>
  static const clh_model_vt* table() {
    using Over = Trampoline<ModelKind, T>;
    static const clh_model_vt vt = [] {
      clh_model_vt t{};
      t.struct_size = sizeof t;
      t.destroy = destroy;
      if constexpr (overrides<decltype(&T::begin_task), decltype(&Model::begin_task)>) {
        t.begin_task = tell<T, &T::begin_task>;
      }
      if constexpr (overrides<decltype(&T::end_task), decltype(&Model::end_task)>) {
        t.end_task = tell<T, &T::end_task>;
      }
      if constexpr (overrides<decltype(&T::begin_epoch), decltype(&Model::begin_epoch)>) {
        t.begin_epoch = Over::template tick<&T::begin_epoch>;
      }
      if constexpr (overrides<decltype(&T::end_epoch), decltype(&Model::end_epoch)>) {
        t.end_epoch = Over::template tick<&T::end_epoch>;
      }
      t.observe = [](void* p, const clh_batch* b, double* loss, clh_error* e) noexcept -> clh_status {
        return guard<Errors>(e, [&] {
          const Batch batch{borrow(b->x), borrow(b->raw), borrow(b->y), borrow(b->ids),
                            b->epoch,     b->index,       b->per_epoch, b->step};
          *loss = self<T>(p).observe(batch);
        });
      };
      if constexpr (overrides<decltype(&T::predict), decltype(&Model::predict)>) {
        t.predict = [](void* p, const clh_query* q, clh_tensor** out,
                       clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            *out = give(self<T>(p).predict(Query{borrow(q->x), q->task}));
          });
        };
      }
      if constexpr (overrides<decltype(&T::set_training), decltype(&Model::set_training)>) {
        t.set_training = Over::template flag<&T::set_training>;
      }
      return t;
    }();
    return &vt;
  }
  template <class T>
  static const void* extension(const char*) {
    return nullptr;
  }

 private:
  /// clh_tell_fn over `void f(const Task&)`.
  template <class T, auto Method>
  static clh_status tell(void* p, const clh_task* task, clh_error* e) noexcept {
    return guard<Errors>(e, [&] { (self<T>(p).*Method)(Task(task)); });
  }
};

template <class T>
ComponentDescription model(const char* id, const char* title) {
  return describe<ModelKind, T>(id, title);
}

}  // namespace clh
