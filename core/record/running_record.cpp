#include "core/record/running_record.hpp"

#include <fstream>
#include <iterator>
#include <system_error>

#include "core/files/atomic_file.hpp"
#include "core/files/output_file.hpp"
#include "core/files/unwritable.hpp"
#include <nlohmann/json.hpp>

namespace clh::core {
namespace {

using Json = nlohmann::ordered_json;

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void drop_cut_line(const std::filesystem::path& path) {
  const auto text = bytes_of(path);
  if (text.empty() || text.back() == '\n') {
    return;
  }
  const auto line = text.rfind('\n');
  std::error_code failure;
  std::filesystem::resize_file(path, line == std::string::npos ? 0 : line + 1, failure);
  if (failure) {
    throw_unwritable(path, "a file that can be cut", failure.value());
  }
}

/// Returns: the document with `error` behind `status`, where a failed run has it too.
Json ended(const Json& document, const std::string& status, const std::string& error) {
  Json result = Json::object();
  for (const auto& [key, value] : document.items()) {
    result[key] = key == "status" ? Json(status) : value;
    if (key == "status" && !error.empty()) {
      result["error"] = error;
    }
  }
  return result;
}

}  // namespace

void end_running_record(const RunDirectory& directory, const std::string& status,
                        const std::string& error) {
  const auto document = Json::parse(bytes_of(directory.results_json()), nullptr, false);
  if (!document.is_object() || document.value("status", "") != "running") {
    return;
  }
  drop_cut_line(directory.train_jsonl());
  write_file_atomically(
      directory.results_json(),
      ended(document, status, error).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  OutputFile log(directory.log_txt(), OutputFile::Mode::kAppend, directory.log_txt());
  log.write("supervisor: " + status + (error.empty() ? "" : ": " + error) + "\n");
  log.close();
}

}  // namespace clh::core
