// Dataset: a source of samples; splitting into tasks is the host's.
#pragma once
#include <clh/data/host_array.hpp>
#include <clh/plugin.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

enum class Split : std::int32_t { kTrain = CLH_TRAIN, kTest = CLH_TEST, kValid = CLH_VALID };

/// What is known of a dataset without its files.
struct DatasetInfo {
  Shape sample;                                  // without the batch dimension, e.g. {1, 28, 28}
  std::vector<std::string> classes;              // names, in label order
  std::int64_t train = -1, test = -1, valid = 0;  // samples; -1 = not known before load
  Dtype dtype = Dtype::kUint8;                   // of the inputs that load gives
  std::optional<std::pair<double, double>> range;  // of the stored values; bytes without one have
                                                   // {0, 255}, floats have to say it
  std::vector<double> mean, std;                 // per channel, for values scaled to [0, 1]
  std::string augment, license, source;          // "crop:4,flip" or empty; where it comes from
  std::string how;                               // how to get the files when they are missing
};

/// All samples of a split.
struct Samples {
  HostArray inputs;                  // [N, ...] of DatasetInfo::dtype
  std::vector<std::int64_t> labels;  // [N], each in 0 .. number of classes - 1
};

using DatasetContext = Context<clh_dataset_spec>;

/// A dataset in memory: `load` gives a whole split at once.
class BulkDataset : public HostServices {
 public:
  using Options = NoOptions;
  explicit BulkDataset(const DatasetContext& context) : HostServices(context.host) {}
  virtual ~BulkDataset() = default;
  BulkDataset(const BulkDataset&) = delete;
  BulkDataset& operator=(const BulkDataset&) = delete;

  /// Works without the files.
  virtual DatasetInfo info() const = 0;
  /// Checks that the files are there. Errors: MissingFile.
  virtual void open() {}
  /// Returns: inputs of the dtype in info, and as many labels.
  /// Errors:  MissingFile, UsageError for damaged files.
  virtual Samples load(Split split) = 0;
  virtual void state(Archive&) {}
};

/// The C tables of a dataset.
struct DatasetKind {
  using Spec = clh_dataset_spec;
  using Errors = NeutralErrors;
  static constexpr clh_kind kKind = CLH_DATASET;
  static TorchSizes torch() { return {}; }

  /// The instance and the C form of its info, which must live as long.
  template <class T>
  struct Instance {
    explicit Instance(T* object) : dataset(object), info(dataset->info()) {
      const auto channels = info.sample.rank() == 3 ? info.sample[0] : 1;
      for (const auto* list : {&info.mean, &info.std}) {
        if (!list->empty() && static_cast<std::int64_t>(list->size()) != channels) {
          throw UsageError("[dataset] expected mean and std of " + std::to_string(channels) +
                           " channels, found " + std::to_string(list->size()));
        }
      }
      if (info.dtype == Dtype::kFloat32 && !info.range) {
        throw std::invalid_argument(
            "[dataset] expected the range of float32 values in info, found none");
      }
      for (const auto& name : info.classes) {
        names.push_back(name.c_str());
      }
      names.push_back(nullptr);
      c.struct_size = sizeof c;
      c.dtype = static_cast<std::int32_t>(info.dtype);
      c.sample = info.sample.c_shape();
      c.n_classes = static_cast<std::int64_t>(info.classes.size());
      c.size[CLH_TRAIN] = info.train;
      c.size[CLH_TEST] = info.test;
      c.size[CLH_VALID] = info.valid;
      c.classes = names.data();
      std::tie(c.low, c.high) = info.range.value_or(std::pair{0.0, 255.0});
      c.mean = info.mean.empty() ? nullptr : info.mean.data();
      c.std = info.std.empty() ? nullptr : info.std.data();
      c.augment = info.augment.empty() ? nullptr : info.augment.c_str();
      c.license = info.license.c_str();
      c.source = info.source.c_str();
      c.how = info.how.c_str();
    }
    std::unique_ptr<T> dataset;
    DatasetInfo info;
    std::vector<const char*> names;
    clh_dataset_info c{};
  };
  template <class T>
  static void* wrap(T* object) {
    return new Instance<T>(object);
  }
  template <class T>
  static T& self(void* p) {
    return *static_cast<Instance<T>*>(p)->dataset;
  }
  template <class T>
  static const clh_dataset_vt* table() {
    static const clh_dataset_vt vt{
        sizeof(clh_dataset_vt), 0, [](void* p) { delete static_cast<Instance<T>*>(p); },
        [](void* p) -> const clh_dataset_info* { return &static_cast<Instance<T>*>(p)->c; },
        [](void* p, clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] { self<T>(p).open(); });
        },
        nullptr};
    return &vt;
  }
  template <class T>
  static const void* extension(const char* id) {
    static const clh_dataset_bulk_ext bulk{
        sizeof(clh_dataset_bulk_ext), 0,
        [](void* p, std::int32_t split, DLManagedTensor** x, DLManagedTensor** y,
           clh_error* e) noexcept -> clh_status {
          return guard<Errors>(e, [&] {
            auto samples = self<T>(p).load(static_cast<Split>(split));
            const auto n = static_cast<std::int64_t>(samples.labels.size());
            auto* inputs = std::move(samples.inputs).give();
            *y = give_array({n}, std::move(samples.labels));
            *x = inputs;
          });
        }};
    return std::strcmp(id, "clh.dataset.bulk/1") == 0 ? &bulk : nullptr;
  }
};

template <class T>
ComponentDescription dataset(const char* id, const char* title) {
  return describe<DatasetKind, T>(id, title);
}

}  // namespace clh
