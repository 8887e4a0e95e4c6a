// Rotated: every task shows the whole dataset turned by another fixed angle.
// Lopez-Paz, Ranzato, "Gradient Episodic Memory for Continual Learning", arXiv:1706.08840.
#pragma once
#include <clh/options.hpp>

#include <cstdint>
#include <vector>

#include "core/abi/scenario.hpp"
#include "core/stream/hold_out.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

enum class Angles {
  kUniform,     // one draw in [low, high) per task
  kStratified,  // one draw in each of `tasks` equal parts of [low, high)
  kLinspace,    // evenly spaced, low and high included
  kExplicit,    // angle-list
};

struct RotatedOptions {
  std::int64_t tasks = 20;  // with angles=explicit the list says how many
  Angles angles = Angles::kUniform;
  std::vector<double> angle_list;  // degrees
  double low = 0;                  // degrees
  double high = 180;
  HoldOutOptions hold_out;

  void bind(clh::OptionBinder& option);
  /// The options without `tasks` and those of the hold-out, for a stream that has its own.
  void bind_rotation(clh::OptionBinder& option);
};

/// The source position of each pixel of an image turned counter-clockwise about its centre, nearest
/// neighbour, -1 where nothing lands; empty for the identity.
/// Source:  bit-exact with Pillow 9.4 `Image.rotate(degrees)`, its 16.16 fixed point included.
std::vector<std::int32_t> rotation_map(double degrees, std::int64_t height, std::int64_t width);

/// Plans one angle per task, for training and test samples alike.
/// Errors:  Error `bad-option` for a range or list that gives no angles; `unsupported` for samples
///          that are no images.
StreamPlan build_rotated(const RotatedOptions& options, Scenario scenario,
                         const DatasetLabels& labels, std::uint64_t run_seed);

}  // namespace clh::core
