// StreamBuilder: from a stream's name to its options and its plan.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <variant>

#include "core/abi/scenario.hpp"
#include "core/stream/class_split.hpp"
#include "core/stream/joint.hpp"
#include "core/stream/permuted.hpp"
#include "core/stream/rotated.hpp"
#include "core/stream/stream_plan.hpp"

namespace clh::core {

/// The options of one stream; its alternatives are in the order of kStreamNames.
using StreamChoice = std::variant<ClassSplitOptions, PermutedOptions, RotatedOptions, JointOptions>;

inline constexpr std::array<std::string_view, std::variant_size_v<StreamChoice>> kStreamNames = {
    "class-split", "permuted", "rotated", "joint"};

/// The stream called `name` with its default options.
/// Errors:  Error `unknown-component` naming the streams there are.
StreamChoice stream_choice(std::string_view name);

std::string_view stream_name(const StreamChoice& choice);

/// The scenario that the field means by a stream when it names none: class-il where classes are
/// split, domain-il where every task shows all of them.
Scenario usual_scenario(const StreamChoice& choice);

/// Describes or reads the chosen stream's options.
void bind(StreamChoice& choice, clh::OptionBinder& option);

/// Plans the chosen stream: a pure function of its arguments.
/// Errors:  those of the stream.
StreamPlan build_stream(const StreamChoice& choice, Scenario scenario, const DatasetLabels& labels,
                        std::uint64_t run_seed);

}  // namespace clh::core
