#include "core/data/sample_transform.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cstring>

#include "core/abi/core_errors.hpp"
#include "core/error.hpp"
#include "core/random/draws.hpp"

namespace clh::core {
namespace {

/// out = (raw - low) / (high - low), one pass; then per channel (x - mean) / std.
template <class T>
void scale(const T* raw, float* out, std::int64_t n, float low, float span) {
  if (low == 0.0F) {
    for (std::int64_t i = 0; i < n; ++i) {
      out[i] = static_cast<float>(raw[i]) / span;
    }
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    out[i] = (static_cast<float>(raw[i]) - low) / span;
  }
}

}  // namespace

void parse_augmentation(const char* text, const std::string& dataset, TransformPlan& plan) {
  std::string rest = text == nullptr ? "" : text;
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const auto item = rest.substr(0, comma);
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
    if (item == "flip") {
      plan.flip = true;
    } else if (item.rfind("crop:", 0) == 0 && item.size() > 5 &&
               std::all_of(item.begin() + 5, item.end(),
                           [](char c) { return c >= '0' && c <= '9'; })) {
      plan.crop_padding = std::stoll(item.substr(5));
    } else {
      throw Error("bad-table",
                  "dataset " + dataset + ": expected augment of crop:<pixels> and flip, found \"" +
                      item + "\"",
                  "report it to the plugin's author", kExitPlugin);
    }
  }
}

SampleTransform::SampleTransform(TransformPlan plan, RngStreams& streams)
    : plan_(std::move(plan)), streams_(&streams), key_(derive_key(streams.seed(), "", "aug")) {}

at::Tensor SampleTransform::plain(const at::Tensor& raw) const {
  const auto kept = raw.contiguous();
  auto x = at::empty(kept.sizes(), at::kFloat);
  const auto low = static_cast<float>(plan_.low);
  const auto span = static_cast<float>(plan_.high - plan_.low);
  if (kept.scalar_type() == at::kByte) {
    scale(kept.data_ptr<std::uint8_t>(), x.data_ptr<float>(), kept.numel(), low, span);
  } else {
    scale(kept.data_ptr<float>(), x.data_ptr<float>(), kept.numel(), low, span);
  }
  if (!plan_.mean.empty()) {
    const auto channels = static_cast<std::int64_t>(plan_.mean.size());
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[1] = channels;
    x.sub_(at::tensor(plan_.mean, at::kFloat).view(shape));
    x.div_(at::tensor(plan_.std, at::kFloat).view(shape));
  }
  return x;
}

template <class WordSource>
SampleTransform::Draw SampleTransform::draw(WordSource& source) const {
  Draw d{0, 0, false};
  if (plan_.crop_padding > 0) {
    const auto offsets = static_cast<std::uint64_t>(2 * plan_.crop_padding + 1);
    d.top = static_cast<std::int64_t>(below(source, offsets)) - plan_.crop_padding;
    d.left = static_cast<std::int64_t>(below(source, offsets)) - plan_.crop_padding;
  }
  if (plan_.flip) {
    d.flip = below(source, 2) == 1;
  }
  return d;
}

at::Tensor SampleTransform::apply(const at::Tensor& raw, const std::vector<Draw>& draws) const {
  if (raw.dim() != 4) {
    throw Error("bad-table", "augmentation: expected images [B, C, H, W], found another shape",
                "leave augment out for other data", kExitPlugin);
  }
  const auto kept = raw.contiguous();
  const auto channels = kept.size(1), height = kept.size(2), width = kept.size(3);
  auto moved = at::zeros_like(kept);
  const auto bytes = static_cast<std::size_t>(kept.element_size());
  const auto* from = static_cast<const char*>(kept.data_ptr());
  auto* to = static_cast<char*>(moved.data_ptr());
  for (std::int64_t n = 0; n < kept.size(0); ++n) {
    const auto& d = draws[static_cast<std::size_t>(n)];
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t y = 0; y < height; ++y) {
        const auto source_row = y + d.top;
        if (source_row < 0 || source_row >= height) {
          continue;
        }
        const auto* in =
            from +
            static_cast<std::size_t>(((n * channels + c) * height + source_row) * width) * bytes;
        auto* out =
            to + static_cast<std::size_t>(((n * channels + c) * height + y) * width) * bytes;
        for (std::int64_t x = 0; x < width; ++x) {
          const auto column = (d.flip ? width - 1 - x : x) + d.left;
          if (column >= 0 && column < width) {
            std::memcpy(out + static_cast<std::size_t>(x) * bytes,
                        in + static_cast<std::size_t>(column) * bytes, bytes);
          }
        }
      }
    }
  }
  return moved;
}

at::Tensor SampleTransform::augmented(const at::Tensor& raw, std::int64_t task, std::int64_t epoch,
                                      const std::vector<std::int64_t>& samples) const {
  if (!augments()) {
    return plain(raw);
  }
  std::vector<Draw> draws;
  for (const auto sample : samples) {
    KeyedStream words(key_, static_cast<std::uint32_t>(task), static_cast<std::uint32_t>(epoch),
                      static_cast<std::uint32_t>(sample));
    draws.push_back(draw(words));
  }
  return plain(apply(raw, draws));
}

at::Tensor SampleTransform::replayed(const at::Tensor& raw) const {
  if (!augments()) {
    return plain(raw);
  }
  auto& words = streams_->stream("", "aug.replay");
  std::vector<Draw> draws;
  for (std::int64_t i = 0; i < raw.size(0); ++i) {
    draws.push_back(draw(words));
  }
  return plain(apply(raw, draws));
}

double SampleTransform::low() const {
  double low = 0.0;
  for (std::size_t c = 0; c < plan_.mean.size(); ++c) {
    low =
        std::min(c == 0 ? 0.0 - plan_.mean[c] / plan_.std[c] : low, -plan_.mean[c] / plan_.std[c]);
  }
  return low;
}

double SampleTransform::high() const {
  double high = 1.0;
  for (std::size_t c = 0; c < plan_.mean.size(); ++c) {
    const auto top = (1.0 - plan_.mean[c]) / plan_.std[c];
    high = c == 0 ? top : std::max(high, top);
  }
  return high;
}

const clh_augment_vt* SampleTransform::table() {
  static const clh_augment_vt table{
      sizeof(clh_augment_vt), 0,
      [](void* aug, const clh_tensor* raw, std::int32_t view, clh_tensor** x, clh_error* error) {
        return guard<CoreErrors>(error, [&] {
          const auto& transform = *static_cast<SampleTransform*>(aug);
          *x = give(view == CLH_AUGMENTED ? transform.replayed(borrow(raw))
                                          : transform.plain(borrow(raw)));
        });
      }};
  return &table;
}

}  // namespace clh::core
