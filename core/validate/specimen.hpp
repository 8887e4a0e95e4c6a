// Specimen: one instance under the real host that can be run move by move, saved, loaded and
// compared; the same for all six kinds.
#pragma once
#include <cstdint>
#include <memory>

#include "core/options/config_value.hpp"
#include "core/state/state_record.hpp"
#include "core/validate/workshop.hpp"

namespace clh::core {

class Specimen {
 public:
  virtual ~Specimen() = default;
  Specimen(const Specimen&) = delete;
  Specimen& operator=(const Specimen&) = delete;

  /// One more move: a batch, a split, a task's end. Returns: false at the end of the run.
  /// Errors: what the host throws; CheckSkipped where something outside is missing.
  virtual bool move() = 0;
  /// Everything that the rest of the run depends on, the host's side included.
  virtual void save(StateRecord& record) = 0;
  virtual void load(const StateRecord& record) = 0;
  /// The plugin's own part of a saved record; null when there is none.
  virtual StateRecord* own(StateRecord& record) = 0;
  /// What can be seen of it: outputs, parameters, losses, state.
  virtual void outcome(StateRecord& record) = 0;

  void run_to_end() {
    while (move()) {
    }
  }

 protected:
  Specimen() = default;
};

/// Creates one. Inputs: the workshop is borrowed; options are the component's own.
/// Errors: core::Error, StatusError; CheckSkipped.
std::unique_ptr<Specimen> make_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                        std::uint64_t seed, const ConfigTable& options = {});

/// The same with every large number among the options made small: quick for large networks, and a
/// memory that overflows. Default options where the component refuses that.
std::unique_ptr<Specimen> make_small_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                              std::uint64_t seed);
ConfigTable small_options(const clh_component& component);

/// One maker for each group of kinds.
std::unique_ptr<Specimen> make_trial_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                              std::uint64_t seed, const ConfigTable& options);
std::unique_ptr<Specimen> make_dataset_specimen(Workshop& workshop,
                                                const ProvidedComponent& provided,
                                                std::uint64_t seed, const ConfigTable& options);
std::unique_ptr<Specimen> make_encoder_specimen(Workshop& workshop,
                                                const ProvidedComponent& provided,
                                                std::uint64_t seed, const ConfigTable& options);
std::unique_ptr<Specimen> make_lut_specimen(Workshop& workshop, const ProvidedComponent& provided,
                                            std::uint64_t seed, const ConfigTable& options);

}  // namespace clh::core
