// Compiled with -ffp-contract=off: a fused multiply-add would change the last bits of an angle.
#include "core/stream/rotated.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "core/error.hpp"
#include "core/random/draws.hpp"
#include "core/stream/domain_tasks.hpp"
#include "core/stream/task_draws.hpp"

namespace clh::core {
namespace {

constexpr double kPi = 3.14159265358979323846;

std::string fixed_text(double value, int decimals) {
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 std::chars_format::fixed, decimals);
  return {text.data(), end.ptr};
}

/// Python's round(value, 15), through the decimal text; it makes quarter turns exact.
double round15(double value) {
  const std::string text = fixed_text(value, 15);
  double rounded = 0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

/// 16.16 fixed point, rounded half away from zero.
std::int64_t fix(double value) {
  return static_cast<std::int64_t>(65536.0 * value + (value < 0 ? -0.5 : 0.5));
}

/// Source coordinates of output pixel (row y, column x) in 16.16: X = c + y b + x a,
/// Y = f + y e + x d.
struct Affine {
  std::int64_t a, b, c, d, e, f;
};

Affine rotation(double degrees, std::int64_t height, std::int64_t width) {
  const double radians = degrees * (kPi / 180.0);
  const double cosine = round15(std::cos(radians));
  const double sine = round15(std::sin(radians));
  const double cx = static_cast<double>(width) / 2.0;
  const double cy = static_cast<double>(height) / 2.0;
  const double c0 = cosine * -cx + -sine * -cy + cx;
  const double f0 = sine * -cx + cosine * -cy + cy;
  return {fix(cosine), fix(-sine),  fix(c0 + cosine * 0.5 + -sine * 0.5),
          fix(sine),   fix(cosine), fix(f0 + sine * 0.5 + cosine * 0.5)};
}

double reduced(double degrees) {
  const double rest = std::fmod(degrees, 360.0);
  return rest < 0 ? rest + 360.0 : rest;
}

std::vector<double> task_angles(const RotatedOptions& options, std::uint64_t run_seed) {
  if (options.angles == Angles::kExplicit) {
    return options.angle_list;
  }
  const double range = options.high - options.low;
  const auto n = static_cast<double>(options.tasks);
  std::vector<double> angles;
  for (std::int64_t t = 0; t < options.tasks; ++t) {
    KeyedStream draws = task_draws(run_seed, TaskDraw::kAngle, t);
    const auto at = static_cast<double>(t);
    if (options.angles == Angles::kUniform) {
      angles.push_back(options.low + uniform(draws) * range);
    } else if (options.angles == Angles::kStratified) {
      angles.push_back(options.low + (at + uniform(draws)) * range / n);
    } else {
      angles.push_back(options.low + (options.tasks > 1 ? at * range / (n - 1) : 0));
    }
  }
  return angles;
}

void require_consistent(const RotatedOptions& options) {
  const bool listed = options.angles == Angles::kExplicit;
  if (listed && options.angle_list.empty()) {
    throw Error("bad-option",
                "[stream] angle-list: expected one angle per task, found an empty list",
                "list the angles in degrees, or set angles=uniform", kExitUsage);
  }
  if (!listed && !options.angle_list.empty()) {
    throw Error("bad-option",
                "[stream] angle-list: expected none without angles=explicit, found a list",
                "set angles=explicit, or leave the list out", kExitUsage);
  }
  for (const double angle : options.angle_list) {
    if (!std::isfinite(angle)) {
      throw Error("bad-option", "[stream] angle-list: expected finite angles, found another",
                  "list the angles in degrees", kExitUsage);
    }
  }
  if (!listed && !(options.low <= options.high)) {
    throw Error("bad-option",
                "[stream] high: expected at least low = " + fixed_text(options.low, 1) +
                    ", found " + fixed_text(options.high, 1),
                "set it to 180, the default", kExitUsage);
  }
}

}  // namespace

void RotatedOptions::bind_rotation(clh::OptionBinder& option) {
  option("angles", angles, "how the tasks' angles are chosen")
      .choices({"uniform", "stratified", "linspace", "explicit"});
  option("angle-list", angle_list, "one angle per task; with angles=explicit").unit("degrees");
  option("low", low, "smallest angle").range(-360, 360).unit("degrees");
  option("high", high, "largest angle").range(-360, 360).unit("degrees");
}

void RotatedOptions::bind(clh::OptionBinder& option) {
  option("tasks", tasks, "number of tasks; angles=explicit takes the list's length instead")
      .range(1, 100000);
  bind_rotation(option);
  hold_out.bind(option);
}

std::vector<std::int32_t> rotation_map(double degrees, std::int64_t height, std::int64_t width) {
  const double angle = reduced(degrees);
  if (angle == 0) {
    return {};
  }
  const Affine m = rotation(angle, height, width);
  std::vector<std::int32_t> map;
  map.reserve(static_cast<std::size_t>(height * width));
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      const std::int64_t from_x = (m.c + y * m.b + x * m.a) >> 16;
      const std::int64_t from_y = (m.f + y * m.e + x * m.d) >> 16;
      const bool inside = from_x >= 0 && from_x < width && from_y >= 0 && from_y < height;
      map.push_back(inside ? static_cast<std::int32_t>(from_y * width + from_x) : -1);
    }
  }
  return map;
}

StreamPlan build_rotated(const RotatedOptions& options, Scenario scenario,
                         const DatasetLabels& labels, std::uint64_t run_seed) {
  require_consistent(options);
  if (labels.sample_shape.size() < 2) {
    throw Error("unsupported", "stream rotated: expected images, found samples without rows",
                "use a dataset of images, or stream=permuted", kExitUsage);
  }
  const PixelGrid grid = pixel_grid(labels, "rotated");
  const auto angles = task_angles(options, run_seed);
  StreamPlan plan =
      domain_tasks(static_cast<std::int64_t>(angles.size()), scenario, options.hold_out, labels);
  for (std::size_t t = 0; t < angles.size(); ++t) {
    TaskPlan& task = plan.tasks[t];
    task.name = fixed_text(angles[t], 1) + "°";
    task.transform = "rotation " + task.name;
    task.pixel_map = rotation_map(angles[t], grid.height, grid.width);
  }
  return plan;
}

}  // namespace clh::core
