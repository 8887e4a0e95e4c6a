#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/files/output_file.hpp"

namespace clh::core {

/// One training step as the curve shows it.
struct CurvePoint {
  std::int64_t step = 0;   // since the start of the run
  std::int64_t task = 0;   // experience
  std::int64_t epoch = 0;  // within the task
  std::int64_t batch = 0;  // within the epoch
  double loss = 0.0;
  double rate = 0.0;  // learning rate
};

/// Appends training steps to a file of JSON lines, such as
/// `{"step":0,"task":0,"epoch":0,"batch":0,"loss":2.3,"rate":0.1}`.
/// Lines are kept in a buffer, which is written when it is full, by flush() and on destruction. A
/// step costs about 0.1 microseconds, the write included.
class CurveWriter final {
 public:
  /// Opens the file for appending.
  /// Inputs:  every >= 1: only steps that are multiples of it are kept.
  /// Errors:  Error `unwritable`; std::invalid_argument if every < 1.
  explicit CurveWriter(const std::filesystem::path& path, std::int64_t every = 1);
  /// Writes what is left; a failure is ignored here, so call flush() first.
  ~CurveWriter();
  CurveWriter(const CurveWriter&) = delete;
  CurveWriter& operator=(const CurveWriter&) = delete;

  /// Adds one step. A loss or rate that is not finite is written as null: JSON has no other way.
  /// Errors:  Error `unwritable` if the buffer was full and could not be written.
  void append(const CurvePoint& point);

  /// Writes the buffered lines; called at the end of a task.
  /// Errors:  Error `unwritable`; the buffered lines are then lost.
  void flush();

 private:
  OutputFile file_;
  std::int64_t every_;
  std::vector<char> buffer_;
  std::size_t used_ = 0;
};

}  // namespace clh::core
