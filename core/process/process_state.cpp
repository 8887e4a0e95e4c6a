#include "core/process/process_state.hpp"

#include <algorithm>
#include <cfenv>
#include <chrono>
#include <clocale>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace clh::core {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> read_environment_lines() {
  std::vector<std::string> lines;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    lines.emplace_back(*entry);
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

std::vector<std::string> read_signals() {
  std::vector<std::string> handlers;
  for (int number = 1; number < NSIG; ++number) {
    struct sigaction action = {};
    if (::sigaction(number, nullptr, &action) == 0) {
      const auto address = (action.sa_flags & SA_SIGINFO) != 0
                               ? reinterpret_cast<std::uintptr_t>(action.sa_sigaction)
                               : reinterpret_cast<std::uintptr_t>(action.sa_handler);
      handlers.push_back("signal " + std::to_string(number) +
                         (address == 0   ? " default"
                          : address == 1 ? " ignored"
                                         : " handled at " + std::to_string(address)));
    }
  }
  return handlers;
}

std::vector<std::string> read_descriptors() {
  std::vector<std::string> open;
  for (int number = 0; number < 1024; ++number) {
    std::error_code error;
    const auto target = fs::read_symlink("/proc/self/fd/" + std::to_string(number), error);
    if (!error) {
      open.push_back("descriptor " + std::to_string(number) + " " + target.string());
    }
  }
  return open;
}

std::uint32_t read_float_mode() {
#if defined(__x86_64__)
  // Without the sticky flags of what has happened so far (bits 0 to 5).
  return (_mm_getcsr() & ~0x3FU) | static_cast<std::uint32_t>(std::fegetround());
#else
  return static_cast<std::uint32_t>(std::fegetround());
#endif
}

void append(std::string& text, const std::string& more) {
  text += (text.empty() ? "" : "; ") + more;
}

void compare(const char* what, const std::vector<std::string>& before,
             const std::vector<std::string>& after, std::string& text) {
  std::vector<std::string> gone, come;
  auto a = before, b = after;
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(gone));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(come));
  if (!come.empty()) {
    append(text, std::string(what) + " now " + come.front());
  } else if (!gone.empty()) {
    append(text, std::string(what) + " without " + gone.front());
  }
}

}  // namespace

ProcessState ProcessState::now() {
  ProcessState state;
  state.environment = read_environment_lines();
  const char* locale = std::setlocale(LC_ALL, nullptr);
  state.locale = locale == nullptr ? "" : locale;
  std::error_code ignored;
  state.directory = fs::current_path(ignored).string();
  state.signals = read_signals();
  state.descriptors = read_descriptors();
  state.float_mode = read_float_mode();
  return state;
}

std::string difference(const ProcessState& before, const ProcessState& after,
                       const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) {
    if (part == "environment") {
      compare("the environment", before.environment, after.environment, text);
    } else if (part == "locale" && before.locale != after.locale) {
      append(text, "the locale " + after.locale + " instead of " + before.locale);
    } else if (part == "directory" && before.directory != after.directory) {
      append(text, "the directory " + after.directory + " instead of " + before.directory);
    } else if (part == "signals") {
      compare("signal handlers", before.signals, after.signals, text);
    } else if (part == "descriptors") {
      compare("open files", before.descriptors, after.descriptors, text);
    } else if (part == "float-mode" && before.float_mode != after.float_mode) {
      append(text, "another floating-point mode (" + std::to_string(before.float_mode) + " -> " +
                       std::to_string(after.float_mode) + ")");
    }
  }
  return text;
}

std::vector<std::int64_t> thread_ids() {
  std::vector<std::int64_t> ids;
  std::error_code error;
  for (fs::directory_iterator end, item("/proc/self/task", error); !error && item != end;
       item.increment(error)) {
    ids.push_back(std::stoll(item->path().filename().string()));
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::size_t threads_left(const std::vector<std::int64_t>& known) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  for (;;) {
    std::vector<std::int64_t> others;
    const auto now = thread_ids();
    std::set_difference(now.begin(), now.end(), known.begin(), known.end(),
                        std::back_inserter(others));
    if (others.empty() || std::chrono::steady_clock::now() > deadline) {
      return others.size();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace clh::core
