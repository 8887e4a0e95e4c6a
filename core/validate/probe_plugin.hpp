// ProbePlugin: what the host itself puts around a component under validation: pictures, a small
// network and plain training steps. They are made with the SDK, as every plugin is.
#pragma once
#include <clh/plugin.hpp>

namespace clh::core {

/// Component ids of the table below.
inline constexpr const char* kProbeDataset = "validation-pictures";
inline constexpr const char* kProbeBackbone = "validation-network";
inline constexpr const char* kProbeModel = "validation-steps";

/// Ten samples of each of four classes to train on, five to test.
inline constexpr std::int64_t kProbeClasses = 4;
inline constexpr std::int64_t kProbeTrainPerClass = 10;
inline constexpr std::int64_t kProbeTestPerClass = 5;

/// Pictures of the chosen shape: small 1x6x6, grey 1x28x28, colour 3x32x32, flat 16.
ComponentDescription probe_dataset();
/// One hidden layer whose units can be gated.
ComponentDescription probe_backbone();
/// One step of the optimizer per batch.
ComponentDescription probe_model();

/// The table of all three. Owner: the program.
const clh_plugin& probe_plugin();

}  // namespace clh::core
