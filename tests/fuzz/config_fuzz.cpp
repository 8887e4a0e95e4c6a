// A configuration file and the words of a command line, composed and written again.
// Input: the file's text, then after each byte 0 one `key=value`.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/core/options/fake_components.hpp"
#include "tests/fuzz/demand.hpp"
#include "tests/fuzz/memory_file.hpp"
#include <nlohmann/json.hpp>

namespace {

using clh::test::demand;
using clh::test::MemoryFile;

clh::core::ConfigInputs inputs(const MemoryFile& file, std::vector<std::string> words) {
  return {file.path(), std::move(words), {"/srv", "/home/ada"}};
}

void check(const std::string& file_text, const std::vector<std::string>& words) {
  static const clh::core::FakeCatalogue catalogue;
  static const clh::core::ConfigSchema schema = clh::core::fake_schema(catalogue);
  const MemoryFile file(file_text.data(), file_text.size());
  try {
    const auto config = clh::core::resolve_config(schema, inputs(file, words));
    config.json().dump();  // throws where a text is no UTF-8
    const std::string text = config.toml();
    const MemoryFile written(text.data(), text.size());
    const auto again = clh::core::resolve_config(schema, inputs(written, {})).toml();
    demand(again == text, "a written configuration to give itself", text + "\nand then " + again);
  } catch (const clh::core::Error& error) {
    clh::test::demand_readable(error, "", clh::core::kExitUsage);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 0) {
      parts.emplace_back();
    } else {
      parts.back().push_back(static_cast<char>(data[i]));
    }
  }
  check(parts.front(), {parts.begin() + 1, parts.end()});
  return 0;
}
