// Damaged state: what lacks an entry or holds one of another type is refused, what is truncated or
// flipped at least ends no process.
#include <ATen/core/Tensor.h>

#include <functional>
#include <limits>

#include "core/random/draws.hpp"
#include "core/random/rng_streams.hpp"
#include "core/state/state_difference.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/state_mid_run.hpp"

namespace clh::core {
namespace {

using Value = StateRecord::Value;

/// Where a record's entries lie, for changes one at a time.
using Path = std::vector<std::string>;

void collect_paths(const StateRecord& record, const Path& above, std::vector<Path>& paths) {
  for (const auto& entry : record.values) {
    auto path = above;
    path.push_back(entry.first);
    paths.push_back(path);
  }
  for (const auto& [key, child] : record.children) {
    auto path = above;
    path.push_back(key);
    collect_paths(*child, path, paths);
  }
}

StateRecord& parent_of(StateRecord& record, const Path& path) {
  auto* at = &record;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    at = at->children.at(path[i]).get();
  }
  return *at;
}

std::string joined(const Path& path) {
  std::string text;
  for (const auto& part : path) {
    text += (text.empty() ? "" : "/") + part;
  }
  return text;
}

/// Loads changed copies of a saved state: the plugin's own part of it, one change at a time.
class StateMutator final {
 public:
  StateMutator(Workshop& workshop, const ProvidedComponent& provided)
      : workshop_(&workshop),
        provided_(provided),
        record_(state_mid_run(workshop, provided)),
        reader_(fresh(workshop, provided)) {
    const auto* own = reader_->own(*record_);
    if (own == nullptr || is_empty(*own)) {
      throw CheckSkipped{"it has no state of its own"};
    }
    collect_paths(*own, {}, paths_);
  }

  const std::vector<Path>& paths() const { return paths_; }
  const Value& value(const Path& path) {
    return parent_of(*reader_->own(*record_), path).values.at(path.back());
  }

  /// Loads a copy changed by `change` and runs on with it. Returns: whether the load succeeded.
  bool loads(const std::function<void(StateRecord& own)>& change) {
    const auto copy = copy_state(*record_);
    change(*reader_->own(*copy));
    const auto specimen = fresh(*workshop_, provided_);
    try {
      specimen->load(*copy);
    } catch (const std::exception&) {
      return false;
    }
    try {
      specimen->run_to_end();
    } catch (const std::exception&) {
      // An error later is as good: nothing crashed.
    }
    return true;
  }

 private:
  Workshop* workshop_;
  ProvidedComponent provided_;
  std::unique_ptr<StateRecord> record_;
  std::unique_ptr<Specimen> reader_;
  std::vector<Path> paths_;
};

std::string check_missing(Workshop& workshop, const ProvidedComponent& provided) {
  StateMutator mutator(workshop, provided);
  const bool empty = mutator.loads([](StateRecord& own) {
    own.values.clear();
    own.children.clear();
  });
  expect(!empty, "an error for an empty state", "it was loaded");
  for (const auto& path : mutator.paths()) {
    const bool loaded =
        mutator.loads([&](StateRecord& own) { parent_of(own, path).values.erase(path.back()); });
    expect(!loaded, "an error for a state without " + joined(path), "it was loaded");
  }
  return std::to_string(mutator.paths().size()) + " entries";
}

std::string check_types(Workshop& workshop, const ProvidedComponent& provided) {
  StateMutator mutator(workshop, provided);
  for (const auto& path : mutator.paths()) {
    const bool is_text = std::holds_alternative<std::string>(mutator.value(path));
    const bool loaded = mutator.loads([&](StateRecord& own) {
      parent_of(own, path).values[path.back()] =
          is_text ? Value(std::int64_t{1}) : Value(std::string("text"));
    });
    expect(!loaded, "an error for a state with another type of " + joined(path), "it was loaded");
  }
  return std::to_string(mutator.paths().size()) + " entries";
}

template <class List>
Value half_of(List list) {
  list.resize(list.size() / 2);
  return list;
}

struct Truncated {
  Value operator()(const at::Tensor& t) const {
    return !t.defined() || t.dim() == 0 ? at::Tensor() : t.narrow(0, 0, t.size(0) / 2).clone();
  }
  Value operator()(std::int64_t) const { return std::int64_t{-1}; }
  Value operator()(double) const { return std::numeric_limits<double>::quiet_NaN(); }
  template <class List>
  Value operator()(const List& list) const {
    return half_of(list);
  }
};

/// Flips one bit, or turns a number into a huge one.
struct Flipped {
  SequentialStream* dice;

  template <class T>
  void flip(T* data, std::size_t bytes) const {
    if (bytes > 0) {
      const auto bit = below(*dice, bytes * 8);
      reinterpret_cast<unsigned char*>(data)[bit / 8] ^= static_cast<unsigned char>(1U << bit % 8);
    }
  }
  Value operator()(const at::Tensor& t) const {
    if (!t.defined()) {
      return t;
    }
    auto copy = t.clone();
    flip(static_cast<unsigned char*>(copy.data_ptr()), copy.nbytes());
    return copy;
  }
  Value operator()(std::int64_t x) const {
    flip(&x, sizeof x);
    return x;
  }
  Value operator()(double x) const {
    flip(&x, sizeof x);
    return x;
  }
  template <class List>
  Value operator()(List list) const {
    flip(list.data(), list.size() * sizeof(list[0]));
    return list;
  }
};

std::string check_damaged(Workshop& workshop, const ProvidedComponent& provided) {
  constexpr int kFlips = 3;
  StateMutator mutator(workshop, provided);
  SequentialStream dice(derive_key(workshop.seed(), "validate", "state"));
  int refused = 0, tried = 0;
  const auto change = [&](const Path& path, const Value& value) {
    ++tried;
    refused +=
        mutator.loads([&](StateRecord& own) { parent_of(own, path).values[path.back()] = value; })
            ? 0
            : 1;
  };
  for (const auto& path : mutator.paths()) {
    const auto value = mutator.value(path);
    change(path, std::visit(Truncated{}, value));
    for (int i = 0; i < kFlips; ++i) {
      change(path, std::visit(Flipped{&dice}, value));
    }
  }
  return std::to_string(tried) + " damages, " + std::to_string(refused) + " refused";
}

}  // namespace

std::vector<ComponentCheck> damage_checks() {
  return {
      {"state.missing", "an error for a state without one of its entries", check_missing},
      {"state.types", "an error for a state with an entry of another type", check_types},
      {"state.damaged", "no crash for truncated and flipped entries", check_damaged},
  };
}

}  // namespace clh::core
