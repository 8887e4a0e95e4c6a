// State: what is saved is everything, and a damaged file is refused.
#include <chrono>
#include <fstream>
#include <iterator>

#include "core/error.hpp"
#include "core/files/temporary_file.hpp"
#include "core/random/draws.hpp"
#include "core/random/rng_streams.hpp"
#include "core/state/checkpoint.hpp"
#include "core/state/state_difference.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/state_mid_run.hpp"

namespace clh::core {
namespace {

constexpr std::chrono::seconds kPatience{3};

std::string check_second_save(Workshop& workshop, const ProvidedComponent& provided) {
  const auto first = state_mid_run(workshop, provided);
  const auto other = fresh(workshop, provided);
  other->load(*copy_state(*first));
  const auto found = state_difference(*first, *saved(*other));
  expect(found.empty(), "a loaded state that is saved again byte for byte", found);
  return "";
}

std::string check_resume(Workshop& workshop, const ProvidedComponent& provided) {
  state_mid_run(workshop, provided);  // skips what has no state
  const auto reference = fresh(workshop, provided);
  StateRecord expected;
  reference->run_to_end();
  reference->outcome(expected);
  int stops = 0, move = 0;
  const auto start = std::chrono::steady_clock::now();
  const auto interrupted = fresh(workshop, provided);
  for (bool more = true; more; ++move, more = interrupted->move()) {
    // A slow component is stopped at every third move only.
    if (std::chrono::steady_clock::now() - start > kPatience && move % 3 != 0) {
      continue;
    }
    ++stops;
    const auto record = saved(*interrupted);
    const auto resumed = fresh(workshop, provided);
    resumed->load(*record);
    resumed->run_to_end();
    StateRecord found;
    resumed->outcome(found);
    // Losses from before the stop are the record's, not the state's.
    expected.values.erase("losses");
    found.values.erase("losses");
    const auto difference = state_difference(expected, found);
    expect(difference.empty(), "a run resumed from its state to end as the uninterrupted one",
           "after a stop at move " + std::to_string(move) + " " + difference);
  }
  return std::to_string(stops) + " stops";
}

std::string check_file(Workshop& workshop, const ProvidedComponent& provided) {
  const auto record = state_mid_run(workshop, provided);
  const TemporaryFile file;
  write_checkpoint(file.path(), *record);
  const auto whole = read_checkpoint(file.path());
  expect(state_difference(*record, *whole).empty(), "the state that was written", "another");
  std::ifstream in(file.path(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  SequentialStream dice(derive_key(workshop.seed(), "validate", "file"));
  const auto refuse = [&](const std::string& what, const std::string& damaged) {
    std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << damaged;
    try {
      static_cast<void>(read_checkpoint(file.path()));
    } catch (const Error&) {
      return;
    }
    throw CheckFailed{"an error for " + what, "it was read"};
  };
  refuse("an empty file", "");
  for (int i = 0; i < 16; ++i) {
    const auto at = below(dice, bytes.size());
    refuse("a truncated file", bytes.substr(0, at));
    auto flipped = bytes;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << i % 8));
    refuse("a file with one bit flipped", flipped);
    std::string random(200, '\0');
    for (char& c : random) {
      c = static_cast<char>(below(dice, 256));
    }
    refuse("random bytes", random);
  }
  return std::to_string(bytes.size()) + " bytes";
}

}  // namespace

std::vector<ComponentCheck> state_checks() {
  return {
      {"state.second-save", "a loaded state that is saved again byte for byte", check_second_save},
      {"state.resume", "a resumed run that ends as the uninterrupted one", check_resume},
      {"state.file", "an error for a damaged file", check_file},
  };
}

}  // namespace clh::core
