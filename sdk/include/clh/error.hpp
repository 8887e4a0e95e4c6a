// The SDK's exceptions, and how they become status codes at the boundary.
#pragma once
#include <clh/abi.h>

#include <cstdint>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>

namespace clh __attribute__((visibility("hidden"))) {

/// An option, a file or the data is wrong: the user can mend it. Text: `[where] expected X, found Y`.
struct UsageError : std::runtime_error {
  using runtime_error::runtime_error;
};

/// A file that the user has to provide is not there or cannot be opened.
struct MissingFile final : UsageError {
  using UsageError::UsageError;
};

/// The host asked the plugin to stop (Ctrl-C, a time limit); pass it through.
struct Stopped final : std::runtime_error {
  Stopped() : runtime_error("stopped on request") {}
};

/// A host service or another component failed; carries its status through this plugin unchanged.
struct StatusError final : std::runtime_error {
  StatusError(clh_status status, const std::string& text) : runtime_error(text), code(status) {}
  clh_status code;
};

/// An empty error record to hand to a C function.
inline clh_error empty_error() {
  clh_error error{};
  error.struct_size = sizeof error;
  return error;
}

/// Fills `error` (may be null) with a code and the first line of `text`; returns the code.
inline clh_status fail(clh_error* error, clh_status code, const char* text) noexcept {
  if (error != nullptr) {
    error->code = code;
    std::snprintf(error->message, sizeof error->message, "%s", text);
    for (char* c = error->message; *c != '\0'; ++c) {
      if (*c == '\n') {
        *c = '\0';
        break;
      }
    }
  }
  return code;
}

/// Turns the exception in flight into a status; to be called inside a catch block.
struct NeutralErrors {
  static clh_status translate(clh_error* error) noexcept {
    try {
      throw;
    } catch (const StatusError& e) {
      return fail(error, e.code, e.what());
    } catch (const MissingFile& e) {
      return fail(error, CLH_E_IO, e.what());
    } catch (const UsageError& e) {
      return fail(error, CLH_E_INVALID, e.what());
    } catch (const Stopped& e) {
      return fail(error, CLH_E_STOP, e.what());
    } catch (const std::bad_alloc&) {
      return fail(error, CLH_E_NOMEM, "out of memory");
    } catch (const std::exception& e) {
      return fail(error, CLH_E_INTERNAL, e.what());
    } catch (...) {
      return fail(error, CLH_E_INTERNAL, "expected a standard exception, found another type");
    }
  }
};

/// Runs `body`; no exception leaves. Errors: the status that `Errors` gives.
template <class Errors, class Body>
clh_status guard(clh_error* error, Body&& body) noexcept {
  try {
    body();
    return CLH_OK;
  } catch (...) {
    return Errors::translate(error);
  }
}

/// A table of the other side, once it is known to reach as far as this plugin was compiled for
/// (CLH_TARGET_MINOR); an older host's may end earlier. Errors: StatusError with CLH_E_UNSUPPORTED.
template <class Table>
const Table& require_complete(const Table* table, const char* name) {
  const std::uint32_t found = table == nullptr ? 0 : table->struct_size;
  if (found < sizeof(Table)) {
    throw StatusError(CLH_E_UNSUPPORTED, std::string("expected ") + name + " of " +
                                             std::to_string(sizeof(Table)) +
                                             " bytes or more, found " + std::to_string(found));
  }
  return *table;
}

/// Calls a C function that takes a trailing clh_error*. Errors: StatusError; CLH_E_UNSUPPORTED for
/// an optional function that the other side leaves out.
template <class Function, class... Args>
void call(Function* function, Args... args) {
  if (function == nullptr) {
    throw StatusError(CLH_E_UNSUPPORTED, "expected a function of the table, found none");
  }
  auto error = empty_error();
  const clh_status status = function(args..., &error);
  if (status != CLH_OK) {
    throw StatusError(status, error.message[0] != '\0' ? error.message : "failed without a message");
  }
}

}  // namespace clh
