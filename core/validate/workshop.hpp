// Workshop: the host's real parts around the plugin under validation.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/plugins/catalogue.hpp"
#include "core/plugins/lock_file.hpp"
#include "core/plugins/plugin_library.hpp"
#include "core/plugins/search_path.hpp"
#include "core/validate/subject.hpp"
#include <spdlog/logger.h>

namespace clh::core {

class Workshop final {
 public:
  /// Inputs: the subject is borrowed; search is where components that the plugin asks for lie; lock
  ///         is what --locked allows.
  Workshop(Subject& subject, SearchPlaces search, std::optional<LockFile> lock, std::uint64_t seed);
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  Subject& subject() { return *subject_; }
  std::uint64_t seed() const { return seed_; }

  /// The plugin, what the search finds and the probes; read at the first use.
  /// Errors: core::Error of the scan.
  const Catalogue& catalogue();
  PluginLibrary& library();
  /// A log that goes nowhere.
  const std::shared_ptr<spdlog::logger>& log() const { return log_; }

  /// The one component of the plugin that has this name. Errors: core::Error of the load.
  const clh_component& component(const ProvidedComponent& provided);
  /// Which of the probe's pictures a backbone takes at default options, once it is known.
  std::map<std::string, std::string>& input_shapes() { return input_shapes_; }
  /// Its unambiguous name, "org.clh.er/er".
  std::string full_name(const ProvidedComponent& provided);

 private:
  Subject* subject_;
  SearchPlaces search_;
  std::optional<LockFile> lock_;
  std::uint64_t seed_;
  std::shared_ptr<spdlog::logger> log_;
  std::unique_ptr<Catalogue> catalogue_;
  std::unique_ptr<PluginLibrary> library_;
  std::map<std::string, std::string> input_shapes_;
};

}  // namespace clh::core
