#include "core/validate/bench.hpp"

namespace clh::core {

Bench::Bench(Workshop& workshop, std::uint64_t seed)
    : workshop_(&workshop),
      run_(workshop.library(), seed, workshop.log()),
      host_(run_, "validate", "validate") {}

const clh_factory& Bench::choose(clh_kind kind, const std::string& name,
                                 const ConfigTable& options) {
  ComponentLookup lookup;
  lookup.find = [this](clh_kind k, const std::string& n) -> const clh_component& {
    return *workshop_->library().load(k, n).component;
  };
  std::vector<std::string> warnings;
  chosen_.push_back(resolve_component(kind, kind_name(kind), options, name, lookup,
                                      PathBase::of_process(), warnings));
  return chosen_.back()->factory;
}

}  // namespace clh::core
