// SampleTransform: raw samples -> network input (augment, scale to [0, 1], normalize).
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "core/random/rng_streams.hpp"

namespace clh::core {

/// What the input needs; from the dataset and stream.normalize.
struct TransformPlan {
  double low = 0.0, high = 255.0;  // range of raw values, mapped to [0, 1]
  std::vector<double> mean, std;   // per channel, empty = not normalized
  std::int64_t crop_padding = 0;   // random crop after zero padding, in pixels
  bool flip = false;               // horizontal, with probability 1/2
};

/// Reads "crop:4,flip" into a plan. Errors: Error `bad-table` naming the dataset.
void parse_augmentation(const char* text, const std::string& dataset, TransformPlan& plan);

class SampleTransform {
 public:
  SampleTransform(TransformPlan plan, RngStreams& streams);

  /// raw [B, C, H, W] (or [B, ...] without augmentation) uint8 or float32 -> float32, same shape.
  at::Tensor plain(const at::Tensor& raw) const;
  /// Augments stream samples: the draws are keyed by (task, epoch, sample).
  at::Tensor augmented(const at::Tensor& raw, std::int64_t task, std::int64_t epoch,
                       const std::vector<std::int64_t>& samples) const;
  /// Augments replayed samples, from the sequential stream `aug.replay`.
  at::Tensor replayed(const at::Tensor& raw) const;

  bool augments() const { return plan_.crop_padding > 0 || plan_.flip; }

  /// Range of the values of x.
  double low() const;
  double high() const;

  static const clh_augment_vt* table();

 private:
  struct Draw {
    std::int64_t top, left;
    bool flip;
  };
  template <class WordSource>
  Draw draw(WordSource& source) const;
  at::Tensor apply(const at::Tensor& raw, const std::vector<Draw>& draws) const;

  TransformPlan plan_;
  RngStreams* streams_;
  RngKey key_;
};

}  // namespace clh::core
