#include "core/data/experience_data.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include <cstring>

#include "core/abi/core_errors.hpp"
#include "core/error.hpp"

namespace clh::core {
namespace {

/// One sample's channels: `from` and `to` are rows of bytes of `size`-byte values.
void copy_mapped(const char* from, char* to, const std::vector<std::int32_t>& map,
                 std::int64_t channels, std::int64_t source_pixels, std::size_t size) {
  for (std::int64_t c = 0; c < channels; ++c) {
    for (const auto source : map) {
      if (source < 0) {
        std::memset(to, 0, size);
      } else {
        std::memcpy(to, from + static_cast<std::size_t>(source) * size, size);
      }
      to += size;
    }
    from += static_cast<std::size_t>(source_pixels) * size;
  }
}

/// The common case of one byte a pixel, without a call for each.
void copy_mapped_bytes(const std::uint8_t* from, std::uint8_t* to,
                       const std::vector<std::int32_t>& map, std::int64_t channels,
                       std::int64_t source_pixels) {
  for (std::int64_t c = 0; c < channels; ++c, from += source_pixels) {
    for (const auto source : map) {
      *to++ = source < 0 ? 0 : from[source];
    }
  }
}

void copy_sample(const SplitData& split, const TaskPlan& task, std::int64_t index, char* to,
                 std::size_t bytes) {
  const auto size = static_cast<std::size_t>(split.inputs.element_size());
  const auto row = static_cast<std::size_t>(split.inputs.numel() / split.inputs.size(0)) * size;
  const auto* from =
      static_cast<const char*>(split.inputs.data_ptr()) + static_cast<std::size_t>(index) * row;
  if (task.pixel_map.empty()) {
    std::memcpy(to, from, bytes);
    return;
  }
  const auto channels = split.inputs.dim() == 4 ? split.inputs.size(1) : 1;
  const auto pixels = split.inputs.numel() / split.inputs.size(0) / channels;
  if (size == 1) {
    copy_mapped_bytes(reinterpret_cast<const std::uint8_t*>(from),
                      reinterpret_cast<std::uint8_t*>(to), task.pixel_map, channels, pixels);
  } else {
    copy_mapped(from, to, task.pixel_map, channels, pixels, size);
  }
}

at::Tensor allocate_raw(const SplitData& split, const StreamPlan& plan, std::int64_t n) {
  auto sizes = plan.sample_shape;
  sizes.insert(sizes.begin(), n);
  return at::empty(sizes, split.inputs.options());
}

}  // namespace

at::Tensor gather_raw(const SplitData& split, const StreamPlan& plan, std::int32_t task,
                      const std::int64_t* index, std::int64_t n) {
  auto raw = allocate_raw(split, plan, n);
  const auto bytes = raw.nbytes() / static_cast<std::size_t>(std::max<std::int64_t>(n, 1));
  auto* to = static_cast<char*>(raw.data_ptr());
  const auto& the_task = plan.tasks[static_cast<std::size_t>(task)];
  for (std::int64_t i = 0; i < n; ++i) {
    copy_sample(split, the_task, index[i], to + static_cast<std::size_t>(i) * bytes, bytes);
  }
  return raw;
}

ExperienceData::ExperienceData(const SplitData& train, const StreamPlan& plan,
                               const SampleTransform& transform, std::uint64_t run_seed,
                               bool shuffle)
    : train_(&train), plan_(&plan), transform_(&transform), run_seed_(run_seed), shuffle_(shuffle) {
  begin(0);
}

void ExperienceData::begin(std::int64_t experience) {
  experience_ = experience;
  epoch_ = 0;
  appended_raw_ = appended_labels_ = at::Tensor();
  natural_ = epoch_order(*plan_, experience, 0, run_seed_, false);
  order_ = {};
}

std::int64_t ExperienceData::size() const {
  return static_cast<std::int64_t>(natural_.index.size());
}

void ExperienceData::begin_epoch(std::int64_t epoch) {
  epoch_ = epoch;
  const auto appended = appended_labels_.defined() ? appended_labels_.size(0) : 0;
  order_ = epoch_order(*plan_, experience_, epoch, run_seed_, shuffle_, appended);
}

GatheredBatch ExperienceData::gather(const EpochOrder& order, std::int64_t first, std::int64_t n,
                                     bool augmented) const {
  GatheredBatch batch;
  batch.raw = allocate_raw(*train_, *plan_, n);
  batch.labels = at::empty({n}, at::kLong);
  batch.ids = at::empty({n}, at::kLong);
  auto* labels = batch.labels.data_ptr<std::int64_t>();
  auto* ids = batch.ids.data_ptr<std::int64_t>();
  const auto* all_labels = train_->labels.data_ptr<std::int64_t>();
  const auto bytes = batch.raw.nbytes() / static_cast<std::size_t>(std::max<std::int64_t>(n, 1));
  auto* to = static_cast<char*>(batch.raw.data_ptr());
  for (std::int64_t i = 0; i < n; ++i, to += bytes) {
    const auto place = static_cast<std::size_t>(first + i);
    const auto index = order.index[place];
    if (order.task[place] < 0) {
      std::memcpy(to,
                  static_cast<const char*>(appended_raw_.data_ptr()) +
                      static_cast<std::size_t>(index) * bytes,
                  bytes);
      labels[i] = appended_labels_.data_ptr<std::int64_t>()[index];
      ids[i] = -1;
      continue;
    }
    const auto& task = plan_->tasks[static_cast<std::size_t>(order.task[place])];
    copy_sample(*train_, task, index, to, bytes);
    labels[i] = task.label_map[static_cast<std::size_t>(all_labels[index])];
    ids[i] = sample_id(order.task[place], index);
  }
  if (augmented && transform_->augments()) {
    // The same picture in two tasks, or appended, is another sample with draws of its own.
    const auto tasks = static_cast<std::int64_t>(plan_->tasks.size());
    std::vector<std::int64_t> samples;
    for (auto place = static_cast<std::size_t>(first); samples.size() < static_cast<std::size_t>(n);
         ++place) {
      const auto task = order.task[place] < 0 ? tasks : order.task[place];
      samples.push_back(task * train_->size() + order.index[place]);
    }
    batch.inputs = transform_->augmented(batch.raw, experience_, epoch_, samples);
  } else {
    batch.inputs = transform_->plain(batch.raw);
  }
  return batch;
}

std::int64_t ExperienceData::sample_id(std::int32_t task, std::int64_t index) const {
  const bool transformed = !plan_->tasks[static_cast<std::size_t>(task)].pixel_map.empty();
  return transformed ? (task + 1) * train_->size() + index : index;
}

GatheredBatch ExperienceData::batch(std::int64_t first, std::int64_t n) const {
  return gather(order_, first, n, true);
}

GatheredBatch ExperienceData::read(const std::int64_t* places, std::int64_t n,
                                   bool augmented) const {
  EpochOrder chosen;
  for (std::int64_t i = 0; i < n; ++i) {
    if (places[i] < 0 || places[i] >= size()) {
      throw Error("plugin-error",
                  "read: expected places 0 to " + std::to_string(size() - 1) + ", found " +
                      std::to_string(places[i]),
                  "stay below the task's size", kExitUsage);
    }
    chosen.task.push_back(natural_.task[static_cast<std::size_t>(places[i])]);
    chosen.index.push_back(natural_.index[static_cast<std::size_t>(places[i])]);
  }
  auto batch = gather(chosen, 0, n, false);
  if (augmented) {
    batch.inputs = transform_->replayed(batch.raw);
  }
  return batch;
}

void ExperienceData::append(const at::Tensor& raw, const at::Tensor& labels) {
  auto shape = plan_->sample_shape;
  shape.insert(shape.begin(), labels.dim() == 1 ? labels.size(0) : -1);
  if (!may_append_ || raw.sizes() != at::IntArrayRef(shape) ||
      raw.scalar_type() != train_->inputs.scalar_type() || labels.scalar_type() != at::kLong) {
    throw Error(
        "plugin-error",
        "append: expected raw samples of the dataset's shape and dtype with int64 labels, in "
        "begin_task, found others",
        "append what `raw` of a batch held, in begin_task", kExitUsage);
  }
  const bool first = !appended_labels_.defined();
  appended_raw_ = first ? raw.contiguous().clone() : at::cat({appended_raw_, raw});
  appended_labels_ = first ? labels.contiguous().clone() : at::cat({appended_labels_, labels});
  natural_ = epoch_order(*plan_, experience_, 0, run_seed_, false, appended_labels_.size(0));
}

const clh_task_data* ExperienceData::table() {
  table_.struct_size = sizeof table_;
  table_.ctx = this;
  table_.size = size();
  table_.read = [](void* ctx, const std::int64_t* index, std::int64_t n, std::int32_t view,
                   clh_tensor** x, clh_tensor** raw, clh_tensor** y, clh_error* error) {
    return guard<CoreErrors>(error, [&] {
      auto batch = static_cast<ExperienceData*>(ctx)->read(index, n, view == CLH_AUGMENTED);
      const auto hand_out = [](clh_tensor** to, at::Tensor tensor) {
        if (to != nullptr) {
          *to = give(std::move(tensor));
        }
      };
      hand_out(x, std::move(batch.inputs));
      hand_out(raw, std::move(batch.raw));
      hand_out(y, std::move(batch.labels));
    });
  };
  table_.append = [](void* ctx, const clh_tensor* raw, const clh_tensor* y, clh_error* error) {
    return guard<CoreErrors>(error, [&] {
      auto& data = *static_cast<ExperienceData*>(ctx);
      data.append(borrow(raw), borrow(y));
      data.table_.size = data.size();
    });
  };
  return &table_;
}

void ExperienceData::state(Archive& archive) {
  auto experience = experience_;
  archive("experience", experience);
  archive("epoch", epoch_);
  const auto epoch = epoch_;
  auto raw = appended_raw_;
  auto labels = appended_labels_;
  archive("appended-raw", raw);
  archive("appended-labels", labels);
  if (archive.loading()) {
    begin(experience);
    if (labels.defined()) {
      may_append_ = true;
      append(raw, labels);
      may_append_ = false;
    }
    begin_epoch(epoch);
  }
}

}  // namespace clh::core
