#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

namespace clh::core {

/// The task that a progress bar is about.
struct ProgressTask {
  std::int64_t index = 0;    // 0 for the first
  std::int64_t count = 1;    // tasks of the run
  std::int64_t batches = 0;  // of this task over all epochs; 0 = unknown
  std::int64_t done = 0;     // batches done before, when a run is resumed
};

/// Shows how far the training of each task is. On a terminal it draws one line again and again, at
/// most every 100 ms, and leaves it when the task is finished; elsewhere it prints one plain line
/// per finished task. A step costs a few nanoseconds: the clock is read every few steps only.
class Progress final {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  struct Options {
    bool terminal = false;  // whether `out` is one
    int width = 80;         // of the terminal, in characters
    Clock clock = &std::chrono::steady_clock::now;
  };

  /// Owner:   `out` is borrowed and must outlive this object.
  Progress(std::ostream& out, Options options);
  /// Ends a line that is still on the terminal, so that what follows starts on a new one.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void begin_task(const ProgressTask& task);

  /// Counts one training step.
  /// Inputs:  loss of the step; the line shows an exponential mean with a memory of 20 steps.
  void advance(double loss) {
    ++steps_;
    loss_ = steps_ == 1 ? loss : loss_ + 0.05 * (loss - loss_);
    if (--until_check_ <= 0) {
      check_clock();
    }
  }

  /// Stops the clock of the task, so that an evaluation that follows does not count as training.
  void end_training();

  /// Prints the line of the finished task.
  /// Inputs:  note is added at its end, such as "class-il 97.30 %"; may be empty.
  void finish_task(std::string_view note = {});

  /// Wipes the line from the terminal, so that a log message can be printed in its place.
  void clear();

 private:
  using Time = std::chrono::steady_clock::time_point;

  void check_clock();
  void draw(Time now);
  std::string line(Time now) const;

  std::ostream& out_;
  Options options_;
  ProgressTask task_;
  std::int64_t steps_ = 0;  // of this task, without task_.done
  double loss_ = 0.0;
  std::int64_t until_check_ = 1;  // steps before the clock is read again
  std::int64_t stride_ = 1;       // steps between two readings
  Time start_, checked_, drawn_, end_;
  bool training_ = false;
  bool on_screen_ = false;
};

}  // namespace clh::core
