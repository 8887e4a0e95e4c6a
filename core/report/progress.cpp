#include "core/report/progress.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace clh::core {
namespace {

constexpr auto kRedrawEvery = std::chrono::milliseconds(100);
// The clock is read about this often, so that a redraw is late by a fifth of its period at most.
constexpr auto kCheckEvery = std::chrono::milliseconds(20);
// Bounds the wait when the steps of a task suddenly become much slower.
constexpr std::int64_t kLongestStride = 64;
constexpr int kLongestBar = 30;
constexpr int kShortestBar = 8;
// What usually stands beside the bar. The bar's length depends on the terminal alone, so that it
// does not jump when a number gets another digit.
constexpr int kBesideTheBar = 60;

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string formatted(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof(text), format,
                std::isnan(value) ? std::abs(value) : value);  // no "-nan"
  return text;
}

// "0:07", "12:30" or "3:05:00".
std::string clock_text(double duration) {
  const auto total = std::llround(duration);
  char text[64];
  if (total < 3600) {
    std::snprintf(text, sizeof(text), "%lld:%02lld", total / 60, total % 60);
  } else {
    std::snprintf(text, sizeof(text), "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                  total % 60);
  }
  return text;
}

std::string bar(std::int64_t done, std::int64_t total, int length) {
  const auto filled = static_cast<int>(std::min(done, total) * length / total);
  std::string text = "[" + std::string(static_cast<std::size_t>(filled), '=');
  if (filled < length) {
    text += '>' + std::string(static_cast<std::size_t>(length - filled - 1), ' ');
  }
  return text + "]  ";
}

}  // namespace

Progress::Progress(std::ostream& out, Options options) : out_(out), options_(std::move(options)) {}

Progress::~Progress() {
  if (on_screen_) {
    out_ << '\n' << std::flush;
  }
}

void Progress::begin_task(const ProgressTask& task) {
  task_ = task;
  steps_ = 0;
  loss_ = 0.0;
  stride_ = until_check_ = 1;
  start_ = checked_ = options_.clock();
  drawn_ = start_ - kRedrawEvery;  // the first step draws
  training_ = true;
}

void Progress::check_clock() {
  const auto now = options_.clock();
  const auto elapsed = now - checked_;
  checked_ = now;
  if (elapsed * 2 < kCheckEvery) {
    stride_ = std::min(stride_ * 2, kLongestStride);
  } else if (elapsed > kCheckEvery) {
    stride_ = std::max<std::int64_t>(stride_ * (kCheckEvery / std::chrono::nanoseconds(1)) /
                                         (elapsed / std::chrono::nanoseconds(1)),
                                     1);
  }
  until_check_ = stride_;
  if (options_.terminal && now - drawn_ >= kRedrawEvery) {
    draw(now);
  }
}

void Progress::draw(Time now) {
  drawn_ = now;
  // Carriage return, the line, then "erase to the end of the line".
  out_ << '\r' << line(now) << "\x1b[K" << std::flush;
  on_screen_ = true;
}

void Progress::end_training() {
  if (!training_) {
    return;
  }
  training_ = false;
  end_ = options_.clock();
  if (options_.terminal) {
    draw(end_);
  }
}

void Progress::finish_task(std::string_view note) {
  end_training();
  clear();
  const double elapsed = seconds(end_ - start_);
  out_ << "task " << task_.index + 1 << '/' << task_.count << "  " << task_.done + steps_
       << " batches";
  if (steps_ > 0) {
    out_ << "  loss " << formatted("%.4f", loss_);
  }
  if (steps_ > 0 && elapsed > 0.0) {
    out_ << "  " << formatted("%.0f", static_cast<double>(steps_) / elapsed) << " it/s";
  }
  out_ << "  " << formatted("%.1f", elapsed) << " s";
  if (!note.empty()) {
    out_ << "  " << note;
  }
  out_ << '\n' << std::flush;
}

void Progress::clear() {
  if (on_screen_) {
    out_ << "\r\x1b[K" << std::flush;
    on_screen_ = false;
  }
}

std::string Progress::line(Time now) const {
  const auto done = task_.done + steps_;
  const double elapsed = seconds(now - start_);
  const std::string head =
      "task " + std::to_string(task_.index + 1) + "/" + std::to_string(task_.count) + "  ";
  std::string tail = std::to_string(done);
  if (task_.batches > 0) {
    tail += "/" + std::to_string(task_.batches);
  }
  tail += "  loss " + formatted("%.4f", loss_);
  if (elapsed > 0.0 && steps_ > 0) {
    const double rate = static_cast<double>(steps_) / elapsed;
    tail += "  " + formatted(rate < 10.0 ? "%.1f" : "%.0f", rate) + " it/s";
    if (task_.batches > 0) {
      const auto left = std::max<std::int64_t>(task_.batches - done, 0);
      tail += "  ETA " + clock_text(static_cast<double>(left) / rate);
    }
  }
  // One column stays free: a full line would make some terminals start the next one.
  const auto width = static_cast<std::size_t>(std::max(options_.width - 1, 1));
  const int length = std::min(options_.width - kBesideTheBar, kLongestBar);
  if (task_.batches > 0 && length >= kShortestBar) {
    auto text = head + bar(done, task_.batches, length) + tail;
    if (text.size() <= width) {
      return text;
    }
  }
  return (head + tail).substr(0, width);
}

}  // namespace clh::core
