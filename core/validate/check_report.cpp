#include "core/validate/check_report.hpp"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace clh::core {
namespace {

using nlohmann::json;

ReportLine line_of(const json& event) {
  ReportLine line;
  line.number = event.at("number").get<std::size_t>();
  if (event.contains("verdict")) {
    CheckResult result;
    result.name = event.at("name");
    result.component = event.at("component");
    result.verdict = verdict_of(event.at("verdict"));
    result.expected = event.at("expected");
    result.found = event.at("found");
    result.seconds = event.at("seconds");
    line.result = std::move(result);
  }
  return line;
}

}  // namespace

std::string ReportPipe::text() const {
  return std::to_string(descriptor) + ":" + token;
}

std::optional<ReportPipe> ReportPipe::read(const std::string& text) {
  ReportPipe pipe;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, pipe.descriptor);
  if (error != std::errc() || rest == end || *rest != ':' ||
      ::fcntl(pipe.descriptor, F_GETFD) < 0) {
    return std::nullopt;
  }
  pipe.token.assign(rest + 1, end);
  return pipe;
}

std::string new_report_token() {
  std::random_device chance;
  char text[17];
  std::snprintf(text, sizeof text, "%08x%08x", chance(), chance());
  return text;
}

std::optional<ReportLine> read_report_line(const std::string& line, const std::string& token) {
  if (line.compare(0, token.size() + 1, token + ' ') != 0) {
    return std::nullopt;
  }
  try {
    return line_of(json::parse(line.substr(token.size() + 1)));
  } catch (const std::exception&) {  // no JSON, a member missing or of another type, no verdict
    return std::nullopt;
  }
}

PipeReport::PipeReport(ReportPipe pipe) : pipe_(std::move(pipe)) {
  ::fcntl(pipe_.descriptor, F_SETFD, FD_CLOEXEC);
}

void PipeReport::begins(std::size_t number, const Check&) {
  write_line(json{{"number", number}}.dump());
}

void PipeReport::ended(std::size_t number, const CheckResult& result) {
  write_line(json{{"number", number},
                  {"name", result.name},
                  {"component", result.component},
                  {"verdict", to_string(result.verdict)},
                  {"expected", result.expected},
                  {"found", result.found},
                  {"seconds", result.seconds}}
                 .dump(-1, ' ', true, json::error_handler_t::replace));
}

void PipeReport::write_line(const std::string& event) const {
  const auto text = pipe_.token + ' ' + event + '\n';
  for (std::size_t at = 0; at < text.size();) {
    const auto count = ::write(pipe_.descriptor, text.data() + at, text.size() - at);
    if (count < 0 && errno != EINTR) {
      ::_exit(1);  // the parent is gone, nobody reads on
    }
    at += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
}

}  // namespace clh::core
