// OfferedSamples: which samples a memory has been offered, so that another epoch offers none twice.
#pragma once
#include <clh/archive.hpp>

#include <cstdint>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class OfferedSamples {
 public:
  /// Notes a sample. Returns: whether it is offered for the first time; always for ids below 0,
  /// which belong to samples without a number.
  bool add(std::int64_t id) {
    if (id < 0) {
      return true;
    }
    const auto word = static_cast<std::size_t>(id / 64);
    const auto bit = std::uint64_t{1} << static_cast<std::uint64_t>(id % 64);
    if (word >= words_.size()) {
      words_.resize(word + 1, 0);
    }
    const bool first = (words_[word] & bit) == 0;
    words_[word] |= bit;
    return first;
  }

  void state(Archive& archive) { archive("words", words_); }

 private:
  std::vector<std::uint64_t> words_;  // a bit for each id
};

}  // namespace clh
