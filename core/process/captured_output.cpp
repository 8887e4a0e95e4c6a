#include "core/process/captured_output.hpp"

#include <cerrno>
#include <cstdio>
#include <iostream>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace clh::core {
namespace {

void flush_all() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

int keep(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) {
    throw std::system_error(errno, std::generic_category(), "expected room for a descriptor");
  }
  return copy;
}

}  // namespace

CapturedOutput::CapturedOutput() {
  flush_all();
  file_ = ::memfd_create("captured-output", MFD_CLOEXEC);
  if (file_ < 0) {
    throw std::system_error(errno, std::generic_category(), "expected memory for the output");
  }
  // One offset for both descriptors, so that neither overwrites the other.
  ::fcntl(file_, F_SETFL, O_APPEND);
  out_ = keep(STDOUT_FILENO);
  err_ = keep(STDERR_FILENO);
  ::dup2(file_, STDOUT_FILENO);
  ::dup2(file_, STDERR_FILENO);
}

CapturedOutput::~CapturedOutput() {
  flush_all();
  ::dup2(out_, STDOUT_FILENO);
  ::dup2(err_, STDERR_FILENO);
  ::close(out_);
  ::close(err_);
  ::close(file_);
}

std::string CapturedOutput::take() {
  flush_all();
  std::string text(200, '\0');
  const auto count = ::pread(file_, text.data(), text.size(), taken_);
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  taken_ = static_cast<long>(::lseek(file_, 0, SEEK_END));
  return text;
}

}  // namespace clh::core
