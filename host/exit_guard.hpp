// ExitGuard: while a run lasts, a plugin that calls exit() fails it; it must not look finished.
#pragma once

namespace clh::host {

class ExitGuard final {
 public:
  ExitGuard();
  ~ExitGuard();
  ExitGuard(const ExitGuard&) = delete;
  ExitGuard& operator=(const ExitGuard&) = delete;
};

}  // namespace clh::host
