// What can be seen of a table of functions without calling any.
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "core/validate/table_checks.hpp"
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

namespace clh::core {
namespace {

struct Wanted {
  ElfW(Addr) first, last;
  ElfW(Word) flags;
  bool found;
};

/// Looks for one load segment that holds all of [first, last] with the flags.
int look(dl_phdr_info* info, std::size_t, void* data) {
  auto& wanted = *static_cast<Wanted*>(data);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    const auto start = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && (segment.p_flags & wanted.flags) == wanted.flags &&
        wanted.first >= start && wanted.last < start + segment.p_memsz) {
      wanted.found = true;
      return 1;
    }
  }
  return 0;
}

bool inside_segment(const void* address, std::size_t size, ElfW(Word) flags) {
  const auto first = reinterpret_cast<ElfW(Addr)>(address);
  Wanted wanted{first, first + (size == 0 ? 0 : size - 1), flags, false};
  dl_iterate_phdr(look, &wanted);
  return wanted.found;
}

}  // namespace

bool is_readable(const void* address, std::size_t size) {
  // A plugin may keep its tables in allocated memory, so the kernel is asked, not the ELF headers:
  // it copies into a pipe what can be read, and answers EFAULT for the rest.
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::generic_category(), "expected room for a pipe");
  }
  std::array<char, 1024> buffer{};
  bool good = address != nullptr;
  for (std::size_t at = 0; good && at < size; at += buffer.size()) {
    const auto count = std::min(buffer.size(), size - at);
    good = ::write(ends[1], static_cast<const char*>(address) + at, count) ==
               static_cast<ssize_t>(count) &&
           ::read(ends[0], buffer.data(), count) == static_cast<ssize_t>(count);
  }
  ::close(ends[0]);
  ::close(ends[1]);
  return good;
}

bool is_executable(const void* address) {
  return inside_segment(address, 1, PF_X);
}

const std::vector<ExtensionForm>& extension_forms() {
  static const std::vector<ExtensionForm> forms = {
      {"clh.state/1", 0, sizeof(clh_state_ext)},
      {"clh.backbone.gates/1", CLH_BACKBONE, sizeof(clh_backbone_gates_ext)},
      {"clh.backbone.classifier/1", CLH_BACKBONE, sizeof(clh_backbone_classifier_ext)},
      {"clh.backbone.encoder/1", CLH_BACKBONE, sizeof(clh_backbone_encoder_ext)},
      {"clh.model.unlearn/1", CLH_MODEL, sizeof(clh_model_unlearn_ext)},
      {"clh.dataset.bulk/1", CLH_DATASET, sizeof(clh_dataset_bulk_ext)},
      {"clh.dataset.tasks/1", CLH_DATASET, sizeof(clh_dataset_tasks_ext)},
      {"clh.encoder.netlist/1", CLH_ENCODER, sizeof(clh_encoder_netlist_ext)},
      {"clh.layer.bits/1", CLH_LAYER, sizeof(clh_layer_bits_ext)},
      {"clh.node.vjp/1", CLH_NODE, sizeof(clh_node_vjp_ext)},
  };
  return forms;
}

void check_function_table(const std::string& what, const void* table, std::uint32_t size) {
  const std::uint32_t functions = (size - 8) / sizeof(void*);
  std::uint32_t found = 0;
  expect(is_readable(table, sizeof found), what, "no memory there");
  std::memcpy(&found, table, sizeof found);
  expect(found == size, what + " of " + std::to_string(size) + " bytes (struct_size)",
         std::to_string(found));
  expect(is_readable(table, size), what + " of " + std::to_string(size) + " readable bytes",
         "fewer");
  for (std::uint32_t i = 0; i < functions; ++i) {
    const void* function = nullptr;
    std::memcpy(&function, static_cast<const char*>(table) + 8 + i * sizeof function,
                sizeof function);
    expect(function == nullptr || is_executable(function),
           what + " with null or code in each of its " + std::to_string(functions) + " functions",
           "neither in number " + std::to_string(i + 1) + ": a shorter table than it says");
  }
}

}  // namespace clh::core
