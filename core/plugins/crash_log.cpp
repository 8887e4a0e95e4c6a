#include "core/plugins/crash_log.hpp"

#include <chrono>
#include <ctime>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "core/error.hpp"
#include "core/files/atomic_file.hpp"
#include "core/files/sha256.hpp"
#include "core/text/identifiers.hpp"

namespace clh::core {
namespace {

std::string today() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

std::string identity_text(const FileIdentity& identity) {
  std::ostringstream text;
  text << identity.dev << ' ' << identity.inode << ' ' << identity.size << ' ' << identity.mtime_ns;
  return text.str();
}

}  // namespace

CrashLog::CrashLog(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::filesystem::path CrashLog::file_of(const std::filesystem::path& plugin) const {
  const std::string name = plugin.string();
  return folder_ / sha256_hex(name.data(), name.size());
}

void CrashLog::add(const std::filesystem::path& plugin, const FileIdentity& identity,
                   const std::string& how) const {
  if (folder_.empty()) {
    return;
  }
  std::error_code ignored;
  std::filesystem::create_directories(folder_, ignored);
  try {
    write_file_atomically(file_of(plugin),
                          identity_text(identity) + '\n' + how + ' ' + today() + '\n');
  } catch (const Error&) {
    return;  // no room in a cache is no failure
  }
}

std::string CrashLog::find(const std::filesystem::path& plugin,
                           const FileIdentity& identity) const {
  std::ifstream file;
  if (!folder_.empty()) {
    file.open(file_of(plugin));
  }
  std::string known, text;
  std::getline(file, known);
  std::getline(file, text);
  return file && known == identity_text(identity) ? printable(text) : "";
}

}  // namespace clh::core
