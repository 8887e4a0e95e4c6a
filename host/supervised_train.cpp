#include "host/supervised_train.hpp"

#include <iostream>

#include "core/error.hpp"
#include "core/process/supervisor.hpp"
#include "core/record/running_record.hpp"
#include "host/flag_numbers.hpp"
#include <unistd.h>

namespace clh::host {

namespace po = boost::program_options;
namespace {

constexpr double kShortestCall = 0.001;  // seconds

/// Errors: core::Error `usage`.
double call_timeout(const po::variables_map& given) {
  return given.count("call-timeout") == 0 ? 0
                                          : seconds(given, "train", "call-timeout", kShortestCall);
}

}  // namespace

po::options_description guard_flags() {
  po::options_description flags("Against bad plugins", kHelpWidth);
  flags.add_options()("supervise",
                      "run in a child process: a crash of a plugin is named, and the record ended")(
      "call-timeout", po::value<std::string>()->value_name("SECONDS"),
      "as --supervise; also end a run whose plugin does not return from a call in time")(
      "check", po::value<std::string>()->value_name("full"),
      "verify more around every call of a plugin; slower");
  return flags;
}

po::options_description supervisor_flags() {
  po::options_description flags;
  flags.add_options()("call-record-fd", po::value<int>(), "the page of the supervisor");
  return flags;
}

bool full_check(const po::variables_map& given) {
  if (given.count("check") == 0) {
    return false;
  }
  const auto level = given["check"].as<std::string>();
  if (level != "full") {
    throw core::Error("usage", "train: expected --check=full, found --check=" + level,
                      "cl-host train --check=full", core::kExitUsage);
  }
  return true;
}

bool wants_supervision(const po::variables_map& given) {
  return given.count("call-record-fd") == 0 &&
         (given.count("supervise") != 0 || given.count("call-timeout") != 0);
}

int train_supervised(const Arguments& arguments, const po::variables_map& given) {
  core::SuperviseRequest request;
  request.arguments = {"train"};
  request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
  request.call_timeout = call_timeout(given);
  const auto end = core::supervise(request);
  if (!end.record.empty() && !end.status.empty()) {
    core::end_running_record(core::RunDirectory(end.record), end.status,
                             end.failure ? end.failure->what() : "");
  }
  if (end.failure) {
    std::cerr << (isatty(STDERR_FILENO) != 0 ? "\r\033[K" : "");  // a progress bar was cut
    if (!end.record.empty()) {
      std::cerr << "record: " << end.record.string() << "\n";
    }
    throw core::Error(*end.failure);
  }
  return end.exit_code;
}

SupervisedPage::SupervisedPage(const po::variables_map& given) {
  if (given.count("call-record-fd") != 0) {
    page_ = core::open_call_record_page(given["call-record-fd"].as<int>());
  }
}

SupervisedPage::~SupervisedPage() {
  if (page_ != nullptr) {
    page_->ended.store(1, std::memory_order_release);
  }
}

}  // namespace clh::host
