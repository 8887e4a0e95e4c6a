// WordHost: a host that has nothing but random streams, which a test can fix word by word.
#pragma once
#include <clh/random.hpp>

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace clh::test {

/// Its streams are fixed lists of words, or, past their ends, a Mersenne twister's.
class WordHost {
 public:
  explicit WordHost(std::uint64_t seed = 0) : twister_(seed) {
    table_.struct_size = sizeof table_;
    table_.ctx = this;
    table_.rng_words = [](void* ctx, const char* stream, std::uint64_t* out, std::int64_t n,
                          clh_error*) -> clh_status {
      auto& self = *static_cast<WordHost*>(ctx);
      for (std::int64_t i = 0; i < n; ++i) {
        const auto next = self.used[stream]++;
        const auto& list = self.given[stream];
        out[i] = next < list.size() ? list[next] : self.twister_();
      }
      return CLH_OK;
    };
  }
  WordHost(const WordHost&) = delete;
  WordHost& operator=(const WordHost&) = delete;

  RandomStream stream(const char* name) const { return {&table_, name}; }

  std::map<std::string, std::vector<std::uint64_t>> given;
  std::map<std::string, std::size_t> used;

 private:
  std::mt19937_64 twister_;
  clh_host table_{};
};

}  // namespace clh::test
