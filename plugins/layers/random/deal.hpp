// Deal: a balanced random wiring.
#pragma once
#include <clh/random.hpp>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace wiring {

/// The inputs of units * k pins, dealt from one random permutation of all inputs after the other.
class Deal {
 public:
  Deal(std::int64_t units, std::int64_t fan_in) : units_(units), fan_in_(fan_in) {}

  /// Every input is used floor(units * k / inputs) times or once more, none twice in a unit.
  /// Inputs:  inputs >= k.
  std::vector<std::int32_t> draw(clh::RandomStream rng, std::int64_t inputs) {
    do {
      dealt_.clear();
      while (size() < units_ * fan_in_) {
        const auto order = rng.permutation(inputs);
        const auto count = std::min(inputs, units_ * fan_in_ - size());
        dealt_.insert(dealt_.end(), order.begin(), order.begin() + count);
      }
    } while (!separate());  // a few pins may have no partner to swap with: deal again
    return dealt_;
  }

 private:
  std::int64_t size() const { return static_cast<std::int64_t>(dealt_.size()); }
  std::int32_t& at(std::int64_t pin) { return dealt_[static_cast<std::size_t>(pin)]; }

  /// Whether the unit of `pin` reads `input` at a pin other than `pin`.
  bool reads(std::int64_t pin, std::int32_t input) {
    const auto first = pin - pin % fan_in_;
    for (auto other = first; other < first + fan_in_; ++other) {
      if (other != pin && at(other) == input) {
        return true;
      }
    }
    return false;
  }

  /// Swaps each input that its unit reads twice with the next later pin, from the end on with the
  /// first, such that both units read both only once. False where there is none.
  bool separate() {
    for (std::int64_t pin = 0; pin < size(); ++pin) {
      if (!reads(pin, at(pin))) {
        continue;
      }
      std::int64_t tried = 1;
      auto partner = (pin + 1) % size();
      while (tried < size() && (reads(pin, at(partner)) || reads(partner, at(pin)))) {
        ++tried;
        partner = (partner + 1) % size();
      }
      if (tried == size()) {
        return false;
      }
      std::swap(at(pin), at(partner));
    }
    return true;
  }

  std::int64_t units_, fan_in_;
  std::vector<std::int32_t> dealt_;  // [units * k]
};

}  // namespace wiring
