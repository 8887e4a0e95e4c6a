// CheckReport: the lines in which a child of validate tells its parent what it tries and finds.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "core/validate/check_run.hpp"

namespace clh::core {

/// Where a child reports. The descriptor is a high one by chance and each line begins with the
/// token, so that what a plugin writes to a descriptor that it does not own is told from a report.
struct ReportPipe {
  int descriptor = -1;
  std::string token;  // hexadecimal digits

  /// "731:9f3c5a...", for the child's command line.
  std::string text() const;
  /// Returns: nothing unless the text is one of text() and its descriptor is open.
  static std::optional<ReportPipe> read(const std::string& text);
};

/// 64 bits by chance.
std::string new_report_token();

/// One line of a child: a check begins, or it has ended with a result.
struct ReportLine {
  std::size_t number = 0;  // of the check in the plan
  std::optional<CheckResult> result;
};

/// Returns: nothing for a line that no PipeReport with this token has written.
std::optional<ReportLine> read_report_line(const std::string& line, const std::string& token);

/// The child's side: writes one line per event.
class PipeReport final : public CheckObserver {
 public:
  explicit PipeReport(ReportPipe pipe);
  void begins(std::size_t number, const Check& check) override;
  void ended(std::size_t number, const CheckResult& result) override;

 private:
  void write_line(const std::string& event) const;
  ReportPipe pipe_;
};

}  // namespace clh::core
