// Lifetime: instances come and go in any order and number, and leave neither memory nor threads.
#include <chrono>

#include "core/error.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/raw_instance.hpp"
#include "core/validate/specimen.hpp"
#include <malloc.h>

namespace clh::core {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kCycles = 200;
/// Large components are created less often, but not so seldom that a leak hides.
constexpr int kLeastCycles = 20;
constexpr std::chrono::seconds kCycleTime{3};
constexpr std::int64_t kMayGrow = 4 << 20;

/// A first move, where the data for it are there; a bare creation else.
void use(Specimen& specimen) {
  try {
    specimen.move();
  } catch (const CheckSkipped&) {
  }
}

std::string check_unused(Workshop& workshop, const ProvidedComponent& provided) {
  {
    auto first = make_small_specimen(workshop, provided, workshop.seed());
    auto second = make_small_specimen(workshop, provided, workshop.seed() + 1);
    first.reset();
    use(*second);
  }
  auto first = make_small_specimen(workshop, provided, workshop.seed());
  const auto second = make_small_specimen(workshop, provided, workshop.seed() + 1);
  use(*second);
  return "";
}

std::int64_t settled_memory() {
  ::malloc_trim(0);
  return resident_bytes();
}

std::string check_cycles(Workshop& workshop, const ProvidedComponent& provided) {
  constexpr int kWarmUp = 5;
  const auto cycle = [&] { use(*make_small_specimen(workshop, provided, workshop.seed())); };
  for (int i = 0; i < kWarmUp; ++i) {
    cycle();
  }
  const auto before = settled_memory();
  const auto start = Clock::now();
  int cycles = kWarmUp;
  while (cycles < kCycles && (cycles < kLeastCycles || Clock::now() - start < kCycleTime)) {
    cycle();
    ++cycles;
  }
  const auto grown = settled_memory() - before;
  expect(grown <= kMayGrow,
         "memory that stays bounded over " + std::to_string(cycles) + " instances",
         std::to_string(grown >> 10) + " KiB more");
  return std::to_string(cycles) + " instances";
}

std::string check_threads(Workshop& workshop, const ProvidedComponent& provided) {
  make_small_specimen(workshop, provided, workshop.seed())->run_to_end();
  const auto left = threads_left(workshop.subject().host_threads());
  expect(left == 0, "no thread left behind after destroy (rule R7)",
         std::to_string(left) + (left == 1 ? " thread" : " threads"));
  return "";
}

std::string check_descriptors(Workshop& workshop, const ProvidedComponent& provided) {
  // What is opened once may stay.
  make_small_specimen(workshop, provided, workshop.seed())->run_to_end();
  const auto before = ProcessState::now();
  make_small_specimen(workshop, provided, workshop.seed())->run_to_end();
  const auto found = difference(before, ProcessState::now(), {"descriptors"});
  expect(found.empty(), "every file closed after destroy", found);
  return "";
}

}  // namespace

std::vector<ComponentCheck> life_checks() {
  return {
      {"life.unused", "destroyed unused and in any order", check_unused},
      {"life.cycles", "200 instances in bounded memory", check_cycles},
      {"life.descriptors", "no file left open", check_descriptors},
      {"life.threads", "no thread left behind", check_threads},
  };
}

}  // namespace clh::core
