#include "core/stream/hold_out.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/random/draws.hpp"
#include "core/random/rng_streams.hpp"

namespace clh::core {
namespace {

using ByClass = std::vector<std::vector<std::int64_t>>;

ByClass group(const std::int64_t* labels, std::int64_t n, std::int64_t n_classes,
              const std::string& split) {
  ByClass by_class(static_cast<std::size_t>(n_classes));
  for (std::int64_t i = 0; i < n; ++i) {
    if (labels[i] < 0 || labels[i] >= n_classes) {
      throw Error("bad-data",
                  split + " sample " + std::to_string(i) + ": expected a label in 0 .. " +
                      std::to_string(n_classes - 1) + ", found " + std::to_string(labels[i]),
                  "check the dataset's label file and its number of classes", kExitUsage);
    }
    by_class[static_cast<std::size_t>(labels[i])].push_back(i);
  }
  return by_class;
}

std::int64_t held_out_count(double fraction, std::size_t available) {
  // 0.07 * 100 is a little above 7 in binary; without the slack the product would round to 8.
  constexpr double kSlack = 1e-9;
  return static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(available) - kSlack));
}

}  // namespace

void HoldOutOptions::bind(clh::OptionBinder& option) {
  option("validation", validation, "part of each class's training samples held out, 0 = none")
      .min(0)
      .below(1);
  option("validation-seed", validation_seed, "seed of the held-out choice, whatever the run's seed")
      .min(0)
      .advanced();
}

SamplesByClass hold_out(const HoldOutOptions& options, const DatasetLabels& labels) {
  SamplesByClass samples;
  samples.train = group(labels.train_labels, labels.n_train, labels.n_classes, "training");
  samples.test = group(labels.test_labels, labels.n_test, labels.n_classes, "test");
  samples.valid.resize(samples.train.size());
  const RngKey key = derive_key(static_cast<std::uint64_t>(options.validation_seed), "", "split");
  for (std::size_t c = 0; c < samples.train.size(); ++c) {
    auto& train = samples.train[c];
    const std::int64_t count = held_out_count(options.validation, train.size());
    if (count <= 0) {
      continue;
    }
    if (count >= static_cast<std::int64_t>(train.size())) {
      throw Error("bad-option",
                  "[stream] validation: expected a training sample left of class " +
                      class_name(labels, static_cast<std::int64_t>(c)) + ", found all " +
                      std::to_string(train.size()) + " held out",
                  "lower it, or set it to 0 to hold nothing out", kExitUsage);
    }
    KeyedStream draws(key, static_cast<std::uint32_t>(c), 0, 0);
    const auto order = permutation(draws, static_cast<std::int64_t>(train.size()));
    std::vector<bool> held(train.size(), false);
    for (std::int64_t i = 0; i < count; ++i) {
      held[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])] = true;
    }
    std::vector<std::int64_t> kept;
    for (std::size_t i = 0; i < train.size(); ++i) {
      (held[i] ? samples.valid[c] : kept).push_back(train[i]);
    }
    train = std::move(kept);
  }
  return samples;
}

std::vector<std::int64_t> merge(const ByClass& by_class, const std::vector<std::int64_t>& classes) {
  std::vector<std::int64_t> all;
  for (const std::int64_t c : classes) {
    const auto& samples = by_class[static_cast<std::size_t>(c)];
    all.insert(all.end(), samples.begin(), samples.end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace clh::core
