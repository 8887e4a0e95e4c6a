#include "core/record/curve_jsonl.hpp"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>
#include <string_view>

namespace clh::core {
namespace {

constexpr std::size_t kBufferBytes = 65536;
// Keys 53, four integers of at most 20 characters, two numbers of at most 24, and the newline.
constexpr std::size_t kLongestLine = 256;

char* put(char* to, std::string_view text) {
  return to + text.copy(to, text.size());
}

char* put(char* to, std::int64_t value) {
  return std::to_chars(to, to + 24, value).ptr;
}

// The shortest text that reads back as the same number.
char* put(char* to, double value) {
  return std::isfinite(value) ? std::to_chars(to, to + 32, value).ptr : put(to, "null");
}

}  // namespace

CurveWriter::CurveWriter(const std::filesystem::path& path, std::int64_t every)
    : file_(path, OutputFile::Mode::kAppend, path), every_(every), buffer_(kBufferBytes) {
  if (every < 1) {
    throw std::invalid_argument("curve: expected every >= 1, found " + std::to_string(every));
  }
}

CurveWriter::~CurveWriter() {
  try {
    flush();
  } catch (const std::exception&) {
    // A destructor may run while another error is on its way.
    used_ = 0;
  }
}

void CurveWriter::append(const CurvePoint& point) {
  if (point.step % every_ != 0) {
    return;
  }
  if (buffer_.size() - used_ < kLongestLine) {
    flush();
  }
  char* to = buffer_.data() + used_;
  to = put(put(to, "{\"step\":"), point.step);
  to = put(put(to, ",\"task\":"), point.task);
  to = put(put(to, ",\"epoch\":"), point.epoch);
  to = put(put(to, ",\"batch\":"), point.batch);
  to = put(put(to, ",\"loss\":"), point.loss);
  to = put(put(to, ",\"rate\":"), point.rate);
  to = put(to, "}\n");
  used_ = static_cast<std::size_t>(to - buffer_.data());
}

void CurveWriter::flush() {
  const std::string_view lines(buffer_.data(), used_);
  used_ = 0;  // first, so that a failed write is not tried again by the destructor
  file_.write(lines);
}

}  // namespace clh::core
