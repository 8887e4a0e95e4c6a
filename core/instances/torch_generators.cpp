#include "core/instances/torch_generators.hpp"

#include <clh/tensor.hpp>

#include <ATen/CPUGeneratorImpl.h>

#include <vector>

#include "core/random/rng_streams.hpp"

namespace clh::core {

at::Generator TorchGenerators::generator(std::string_view path, std::string_view stream) {
  auto key = std::string(path).append("\n").append(stream);
  const auto found = generators_.find(key);
  if (found != generators_.end()) {
    return found->second;
  }
  auto made = at::detail::createCPUGenerator(derive_key(seed_, path, stream).value);
  return generators_.emplace(std::move(key), made).first->second;
}

void TorchGenerators::state(Archive& archive) {
  auto standard = at::detail::getDefaultCPUGenerator();
  auto standard_state = standard.get_state();
  archive("default", standard_state);
  standard.set_state(standard_state);

  std::vector<std::string> names;
  for (const auto& entry : generators_) {
    names.push_back(entry.first);
  }
  archive("names", names);
  for (const auto& name : names) {
    const auto line = name.find('\n');
    auto made = generator(name.substr(0, line), name.substr(line + 1));
    auto state = made.get_state();
    archive(name.c_str(), state);
    made.set_state(state);
  }
}

DefaultGeneratorScope::DefaultGeneratorScope(std::uint64_t seed)
    : saved_(at::detail::getDefaultCPUGenerator().get_state()) {
  auto standard = at::detail::getDefaultCPUGenerator();
  standard.set_current_seed(seed);
}

DefaultGeneratorScope::~DefaultGeneratorScope() {
  auto standard = at::detail::getDefaultCPUGenerator();
  standard.set_state(saved_);
}

}  // namespace clh::core
