#include "core/validate/workshop.hpp"

#include <utility>

#include "core/validate/probe_plugin.hpp"
#include <spdlog/sinks/null_sink.h>

namespace clh::core {

Workshop::Workshop(Subject& subject, SearchPlaces search, std::optional<LockFile> lock,
                   std::uint64_t seed)
    : subject_(&subject),
      search_(std::move(search)),
      lock_(std::move(lock)),
      seed_(seed),
      log_(std::make_shared<spdlog::logger>("validate",
                                            std::make_shared<spdlog::sinks::null_sink_mt>())) {}

const Catalogue& Workshop::catalogue() {
  if (!catalogue_) {
    // The user named the file to have it run; who may write to it is static.path's question.
    TrustRules trust;
    trust.allow_insecure = true;
    trust.lock = lock_;
    catalogue_ = std::make_unique<Catalogue>(Catalogue::scan(search_, subject_->host(), trust));
  }
  return *catalogue_;
}

PluginLibrary& Workshop::library() {
  if (!library_) {
    library_ = std::make_unique<PluginLibrary>(catalogue(), subject_->torch());
    library_->add(probe_plugin());
  }
  return *library_;
}

std::string Workshop::full_name(const ProvidedComponent& provided) {
  return subject_->note().id + "/" + provided.name;
}

const clh_component& Workshop::component(const ProvidedComponent& provided) {
  return *library().load(kind_of(provided.kind), full_name(provided)).component;
}

}  // namespace clh::core
