#include "core/stream/epoch_order.hpp"

#include "core/random/draws.hpp"
#include "core/random/rng_streams.hpp"

namespace clh::core {

EpochOrder epoch_order(const StreamPlan& plan, std::int64_t experience, std::int64_t epoch,
                       std::uint64_t run_seed, bool shuffle, std::int64_t appended) {
  EpochOrder in_order;
  for (const int task : plan.experiences[static_cast<std::size_t>(experience)]) {
    const auto& train = plan.tasks[static_cast<std::size_t>(task)].train;
    in_order.task.insert(in_order.task.end(), train.size(), task);
    in_order.index.insert(in_order.index.end(), train.begin(), train.end());
  }
  in_order.task.insert(in_order.task.end(), static_cast<std::size_t>(appended), -1);
  for (std::int64_t i = 0; i < appended; ++i) {
    in_order.index.push_back(i);
  }
  if (!shuffle) {
    return in_order;
  }
  KeyedStream draws(derive_key(run_seed, "", "shuffle"), static_cast<std::uint32_t>(experience),
                    static_cast<std::uint32_t>(epoch), 0);
  EpochOrder shuffled;
  shuffled.task.reserve(in_order.task.size());
  shuffled.index.reserve(in_order.index.size());
  for (const std::int64_t from :
       permutation(draws, static_cast<std::int64_t>(in_order.index.size()))) {
    shuffled.task.push_back(in_order.task[static_cast<std::size_t>(from)]);
    shuffled.index.push_back(in_order.index[static_cast<std::size_t>(from)]);
  }
  return shuffled;
}

std::int64_t batch_count(std::int64_t samples, std::int64_t batch_size, bool drop_last) {
  return samples / batch_size + (!drop_last && samples % batch_size != 0 ? 1 : 0);
}

}  // namespace clh::core
