// TrialRun: a whole small run of the real host, with the component under validation in its place.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/abi/scenario.hpp"
#include "core/experiment/experiment.hpp"
#include "core/state/state_record.hpp"
#include "core/validate/workshop.hpp"

namespace clh::core {

struct TrialForm {
  Scenario scenario = Scenario::kClassIl;
  std::string head = "fixed";
  std::string shape = "small";  // of the probe's pictures
  std::int64_t batch_size = 13;
  std::uint64_t seed = 0;
  ConfigTable options;  // of the component under validation
};

class TrialRun final {
 public:
  /// Errors: those of resolve_config and Experiment.
  TrialRun(Workshop& workshop, const ProvidedComponent& provided, const TrialForm& form);
  TrialRun(const TrialRun&) = delete;
  TrialRun& operator=(const TrialRun&) = delete;

  Experiment& experiment() { return *experiment_; }
  TaskLoop& loop() { return *loop_; }
  /// Moves the loop until `steps` batches are done, or to its end.
  void train_to(std::int64_t steps);
  void train() { train_to(-1); }
  const std::vector<double>& losses() const { return losses_.values; }

 private:
  struct Losses final : LoopObserver {
    std::vector<double> values;
    void stepped(const CurvePoint& point) override { values.push_back(point.loss); }
  };

  ResolvedConfig config_;
  Losses losses_;
  std::unique_ptr<Experiment> experiment_;
  std::unique_ptr<TaskLoop> loop_;
};

/// The first scenario that a model declares. Errors: CheckFailed when it declares none.
Scenario first_scenario_of(const clh_component& model);

}  // namespace clh::core
