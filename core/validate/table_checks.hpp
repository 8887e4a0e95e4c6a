// Table checks: the plugin's tables are well formed, say what the note says, and answer only to the
// extensions that they offer.
#pragma once
#include <vector>

#include "core/validate/check.hpp"
#include "core/validate/subject.hpp"

namespace clh::core {

/// tables.*; the subject is borrowed.
std::vector<Check> table_checks(Subject& subject);

/// Extensions that a component of this ABI may offer, and the sizes of their tables.
struct ExtensionForm {
  const char* id;
  clh_kind kind;  // 0 = any
  std::uint32_t size;
};
const std::vector<ExtensionForm>& extension_forms();

/// Whether code may run at an address.
bool is_executable(const void* address);
/// Whether `size` bytes at an address can be read.
bool is_readable(const void* address, std::size_t size);

/// Checks that a table can be read as far as it says, that its size is the one of this ABI, and
/// that each of the pointers behind its two leading integers is null or code.
/// Inputs:  what names the table: "the table of model:er".
/// Errors:  CheckFailed.
void check_function_table(const std::string& what, const void* table, std::uint32_t size);

}  // namespace clh::core
