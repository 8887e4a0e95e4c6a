// The commands of cl-host. Each takes the arguments after its name and returns the exit code.
#pragma once
#include <csignal>

#include "host/command_line.hpp"

namespace clh::host {

/// `stop` becomes the number of the signal that asked the run to end.
int train_command(const Arguments& arguments, const volatile std::sig_atomic_t* stop);
int list_command(const Arguments& arguments);
int describe_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);

}  // namespace clh::host
