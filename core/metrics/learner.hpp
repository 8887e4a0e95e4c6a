// Learner: when a model trains and about what it can answer, as far as a metric must know.
#pragma once

namespace clh::core {

enum class Trains {
  kEachTask,
  kLastTask,  // before its end there is no trained network
  kNever,     // there is nothing that could be learned, forgotten or transferred
};

struct Learner {
  Trains trains = Trains::kEachTask;
  bool zero_shot = true;  // false: it has nothing to say about classes that it has not learned
};

}  // namespace clh::core
