// Named random streams: each is a pure function of the run seed, a configuration path and a name,
// so a draw for one purpose never shifts the draws for another.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/random/philox.hpp"

namespace clh::core {

/// The 64-bit Philox key of one stream.
struct RngKey {
  std::uint64_t value = 0;
};

/// Derives a stream's key: the first 8 bytes, little-endian, of the SHA-256 of
/// `clh-rng 1\n<seed>\n<instance path>\n<stream>`.
/// Inputs:  instance_path is the configuration path (`model`, `backbone`), empty for the host's own
///          streams `task split shuffle init aug`; it holds no line feed.
RngKey derive_key(std::uint64_t seed, std::string_view instance_path, std::string_view stream);

/// 64-bit words read in order from Philox blocks: word w is half w % 2 of block w / 2, where half 0
/// is r0 | r1 << 32 and half 1 is r2 | r3 << 32. Block b encrypts the first block's counter with
/// its lowest 64 bits increased by b.
class PhiloxWords {
 public:
  PhiloxWords(RngKey key, PhiloxCounter first_block);

  /// Writes the next `n` words.
  void words(std::uint64_t* out, std::int64_t n);
  /// Words read so far.
  std::uint64_t position() const { return position_; }
  void seek(std::uint64_t position);

 private:
  std::pair<std::uint64_t, std::uint64_t> block(std::uint64_t number) const;

  PhiloxKey key_;
  PhiloxCounter first_block_;
  std::uint64_t position_ = 0;
  std::uint64_t spare_ = 0;  // second half of the current block, valid while has_spare_
  bool has_spare_ = false;
};

/// A stream that is drawn from for a whole run; its position is all that a checkpoint needs.
/// The counter is {block low, block high, 0, 0}.
class SequentialStream {
 public:
  explicit SequentialStream(RngKey key) : words_(key, {0, 0, 0, 0}) {}

  void words(std::uint64_t* out, std::int64_t n) { words_.words(out, n); }
  std::uint64_t position() const { return words_.position(); }
  void seek(std::uint64_t position) { words_.seek(position); }

 private:
  PhiloxWords words_;
};

/// A stream made afresh for one (task, epoch, sample): nothing has to be saved, and the draws are
/// the same in whatever order or thread they are made. The counter is {block, sample, epoch, task}.
/// Rationale: a stream name is used either with this class or with SequentialStream, never with
/// both, because the counters of (0, 0, 0) coincide.
class KeyedStream {
 public:
  KeyedStream(RngKey key, std::uint32_t task, std::uint32_t epoch, std::uint32_t sample)
      : words_(key, {0, sample, epoch, task}) {}

  /// Inputs:  at most 2^33 words in all, or the next sample's words begin.
  void words(std::uint64_t* out, std::int64_t n) { words_.words(out, n); }
  std::uint64_t position() const { return words_.position(); }
  void seek(std::uint64_t position) { words_.seek(position); }

 private:
  PhiloxWords words_;
};

/// The sequential streams of one run, made when first asked for.
/// Thread:  main.
class RngStreams {
 public:
  explicit RngStreams(std::uint64_t seed) : seed_(seed) {}

  std::uint64_t seed() const { return seed_; }
  /// Finds or makes a stream; a found one costs no allocation.
  /// Owner:   this object; the reference stays valid, also across restore().
  SequentialStream& stream(std::string_view instance_path, std::string_view name);

  /// Positions by `<instance path>\n<name>`.
  std::map<std::string, std::uint64_t> save() const;
  /// Sets every stream to its saved position; one that is not in `positions` starts anew.
  /// Errors:  Error `state` for a key without a line feed.
  void restore(const std::map<std::string, std::uint64_t>& positions);

 private:
  struct Name {
    std::string path, name;
  };
  struct NameView {
    NameView(std::string_view path_text, std::string_view name_text)
        : path(path_text), name(name_text) {}
    NameView(const Name& n) : path(n.path), name(n.name) {}  // NOLINT: compared with stored names
    std::string_view path, name;
  };
  struct Less {
    using is_transparent = void;
    bool operator()(NameView a, NameView b) const {
      const int by_name = a.name.compare(b.name);
      return by_name != 0 ? by_name < 0 : a.path < b.path;
    }
  };

  std::uint64_t seed_;
  std::map<Name, SequentialStream, Less> streams_;
};

}  // namespace clh::core
