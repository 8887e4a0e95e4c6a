// FlagNumbers: the numbers that flags take, read from what was typed.
#pragma once
#include <cstdint>
#include <string>

#include "host/command_line.hpp"

namespace clh::host {

/// Whole numbers that a flag may have.
struct WholeRange {
  std::uint64_t least, most;
};

/// Inputs:  flag without dashes, its value a text.
/// Errors:  core::Error `usage` with what was typed.
std::uint64_t whole_number(const boost::program_options::variables_map& given,
                           const std::string& command, const std::string& flag, WholeRange range);

/// A time limit: from `least` to 1000000 seconds, which is eleven days.
/// Errors:  core::Error `usage` with what was typed.
double seconds(const boost::program_options::variables_map& given, const std::string& command,
               const std::string& flag, double least);

}  // namespace clh::host
