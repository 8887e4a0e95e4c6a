#include "core/random/rng_streams.hpp"

#include "core/error.hpp"
#include "core/files/sha256.hpp"

namespace clh::core {

RngKey derive_key(std::uint64_t seed, std::string_view instance_path, std::string_view stream) {
  std::string text = "clh-rng 1\n" + std::to_string(seed) + '\n';
  text.append(instance_path).append(1, '\n').append(stream);
  const Sha256 digest = sha256(text.data(), text.size());
  RngKey key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.value |= static_cast<std::uint64_t>(digest[i]) << (8 * i);
  }
  return key;
}

PhiloxWords::PhiloxWords(RngKey key, PhiloxCounter first_block)
    : key_{static_cast<std::uint32_t>(key.value), static_cast<std::uint32_t>(key.value >> 32)},
      first_block_(first_block) {}

std::pair<std::uint64_t, std::uint64_t> PhiloxWords::block(std::uint64_t number) const {
  PhiloxCounter counter = first_block_;
  counter[0] += static_cast<std::uint32_t>(number);
  counter[1] += static_cast<std::uint32_t>(number >> 32);
  const PhiloxCounter r = philox4x32(counter, key_);
  return {r[0] | static_cast<std::uint64_t>(r[1]) << 32, r[2] | static_cast<std::uint64_t>(r[3])
                                                                    << 32};
}

void PhiloxWords::words(std::uint64_t* out, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i, ++position_) {
    if (has_spare_) {
      out[i] = spare_;
      has_spare_ = false;
      continue;
    }
    const auto [first, second] = block(position_ / 2);
    has_spare_ = position_ % 2 == 0;
    out[i] = has_spare_ ? first : second;
    spare_ = second;
  }
}

void PhiloxWords::seek(std::uint64_t position) {
  position_ = position;
  has_spare_ = false;
}

SequentialStream& RngStreams::stream(std::string_view instance_path, std::string_view name) {
  const auto found = streams_.find(NameView(instance_path, name));
  if (found != streams_.end()) {
    return found->second;
  }
  const SequentialStream made(derive_key(seed_, instance_path, name));
  return streams_.emplace(Name{std::string(instance_path), std::string(name)}, made).first->second;
}

std::map<std::string, std::uint64_t> RngStreams::save() const {
  std::map<std::string, std::uint64_t> positions;
  for (const auto& [name, words] : streams_) {
    positions.emplace(name.path + '\n' + name.name, words.position());
  }
  return positions;
}

void RngStreams::restore(const std::map<std::string, std::uint64_t>& positions) {
  for (const auto& [key, position] : positions) {
    if (key.find('\n') == std::string::npos) {
      throw Error("state", "random streams: expected a path and a name, found \"" + key + "\"",
                  "start the run again: its checkpoint is damaged", kExitUsage);
    }
  }
  for (auto& [name, words] : streams_) {
    words.seek(0);
  }
  for (const auto& [key, position] : positions) {
    const std::string_view text = key;
    const auto split = text.find('\n');
    stream(text.substr(0, split), text.substr(split + 1)).seek(position);
  }
}

}  // namespace clh::core
