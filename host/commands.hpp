// The commands of cl-host. Each takes the arguments after its name and returns the exit code.
#pragma once
#include "host/command_line.hpp"

namespace clh::host {

/// Runs the command that the first argument names.
/// Errors: core::Error, Stopped, and whatever else a command throws.
int run_command(const Arguments& arguments);

int train_command(const Arguments& arguments);
int list_command(const Arguments& arguments);
int describe_command(const Arguments& arguments);
int lock_command(const Arguments& arguments);
int new_command(const Arguments& arguments);
int validate_command(const Arguments& arguments);
int doctor_command(const Arguments& arguments);

}  // namespace clh::host
