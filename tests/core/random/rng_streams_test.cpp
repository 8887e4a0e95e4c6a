#include "core/random/rng_streams.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include <gtest/gtest.h>

namespace rng_streams_test {

using clh::core::derive_key;
using clh::core::KeyedStream;
using clh::core::RngStreams;
using clh::core::SequentialStream;
using Words = std::vector<std::uint64_t>;

template <class Stream>
Words draw(Stream& stream, std::size_t n) {
  Words words(n);
  stream.words(words.data(), static_cast<std::int64_t>(n));
  return words;
}

Words first_words(std::uint64_t seed, const std::string& path, const std::string& name,
                  std::size_t n) {
  SequentialStream stream(derive_key(seed, path, name));
  return draw(stream, n);
}

// Keys and words pinned from an independent implementation in Python (hashlib, Philox after the
// paper). They are part of the definition of every stream: a change here breaks all recorded runs.
TEST(RngStreams, FirstWordsOfTheHostsStreamsArePinned) {
  EXPECT_EQ(derive_key(0, "", "task").value, 0x9e8923ae4985927cU);
  EXPECT_EQ(first_words(0, "", "task", 3),
            (Words{0x9eb0076c05077103, 0x2e54686ac9920d6e, 0x0059f0f9d4cbceec}));
  EXPECT_EQ(first_words(0, "", "split", 3),
            (Words{0x629a8f05645fdf0a, 0x8afe49da2094a04c, 0x7593ed46153c0db6}));
  EXPECT_EQ(first_words(0, "", "shuffle", 3),
            (Words{0x696ed38406496a9b, 0xb9042fb518f941b3, 0xf7c9263c02aa5d91}));
  EXPECT_EQ(first_words(0, "", "init", 3),
            (Words{0x70ce19a19799112f, 0xf5592653160686fc, 0xb8b4dcac6aa8c821}));
  EXPECT_EQ(first_words(0, "", "aug", 3),
            (Words{0x233eadb21dc349d6, 0x61b96018655ac56d, 0x8d955c81db482fb4}));
}

TEST(RngStreams, FirstWordsOfAModelsStreamsArePinned) {
  EXPECT_EQ(first_words(7, "model", "buffer.insert", 2),
            (Words{0x4b09d42044bbf4e3, 0x3360acb29e006ce2}));
  EXPECT_EQ(first_words(7, "model", "buffer.sample", 2),
            (Words{0x5f287c9a6f3e4056, 0xd04712be03476d80}));
  EXPECT_EQ(first_words(7, "model", "method", 2), (Words{0xd659c6b40e097fe3, 0xb4b5315de468778f}));
}

TEST(SequentialStream, GivesTheSameWordsHoweverTheyAreAskedFor) {
  const Words expected = first_words(0, "", "task", 7);
  SequentialStream stream(derive_key(0, "", "task"));
  Words pieces;
  for (const std::size_t n : {1, 2, 0, 3, 1}) {
    const Words some = draw(stream, n);
    pieces.insert(pieces.end(), some.begin(), some.end());
  }
  EXPECT_EQ(pieces, expected);
  EXPECT_EQ(stream.position(), 7U);
}

TEST(SequentialStream, SeeksToAnyWord) {
  const Words expected = first_words(0, "", "task", 6);
  SequentialStream stream(derive_key(0, "", "task"));
  for (const std::size_t at : {5, 0, 3, 2, 4}) {
    stream.seek(at);
    EXPECT_EQ(stream.position(), at);
    EXPECT_EQ(draw(stream, 1), Words{expected[at]}) << at;
  }
  stream.seek(std::uint64_t{1} << 34);  // block 2^33: the counter's second word is in use
  EXPECT_EQ(draw(stream, 2), (Words{0xc064f542eec98161, 0x6652f6292a766cbf}));  // same Python
}

TEST(KeyedStream, PutsTaskEpochAndSampleIntoTheCounter) {
  const auto key = derive_key(0, "", "aug");
  KeyedStream stream(key, 3, 2, 41);
  EXPECT_EQ(draw(stream, 3), (Words{0xe9ee83e76b3e2e9d, 0x39134a6678940e48, 0xb532efde4244a1a6}));
  for (auto& other : {KeyedStream(key, 4, 2, 41), KeyedStream(key, 3, 3, 41),
                      KeyedStream(key, 3, 2, 42), KeyedStream(key, 2, 3, 41)}) {
    KeyedStream copy = other;
    EXPECT_NE(draw(copy, 1)[0], 0xe9ee83e76b3e2e9dU);
  }
}

TEST(RngStreams, DrawsOfOneStreamDoNotShiftAnother) {
  RngStreams streams(0);
  draw(streams.stream("model", "buffer.sample"), 5);
  EXPECT_EQ(draw(streams.stream("", "task"), 1), first_words(0, "", "task", 1));
  EXPECT_EQ(draw(streams.stream("", "task"), 1)[0], first_words(0, "", "task", 2)[1]);
  EXPECT_NE(draw(streams.stream("model", "init"), 1), first_words(0, "", "init", 1));
}

TEST(RngStreams, SavesAndRestoresPositions) {
  RngStreams streams(7);
  draw(streams.stream("model", "buffer.insert"), 3);
  draw(streams.stream("", "task"), 1);
  const auto saved = streams.save();
  EXPECT_EQ(saved,
            (std::map<std::string, std::uint64_t>{{"\ntask", 1}, {"model\nbuffer.insert", 3}}));
  const Words next = draw(streams.stream("model", "buffer.insert"), 4);

  RngStreams fresh(7);
  fresh.restore(saved);
  EXPECT_EQ(draw(fresh.stream("model", "buffer.insert"), 4), next);
}

TEST(RngStreams, RestoreKeepsReferencesAndRewindsUnnamedStreams) {
  RngStreams streams(7);
  SequentialStream& method = streams.stream("model", "method");
  draw(method, 3);
  streams.restore({{"model\nbuffer.insert", 2}});
  EXPECT_EQ(&method, &streams.stream("model", "method"));
  EXPECT_EQ(method.position(), 0U);
  EXPECT_EQ(draw(method, 1), first_words(7, "model", "method", 1));
  EXPECT_EQ(streams.stream("model", "buffer.insert").position(), 2U);
}

TEST(RngStreams, RefusesADamagedSave) {
  RngStreams streams(7);
  draw(streams.stream("", "task"), 1);
  try {
    streams.restore({{"task", 5}});
    FAIL() << "accepted";
  } catch (const clh::core::Error& error) {
    EXPECT_EQ(error.slug(), "state");
    EXPECT_STREQ(error.what(), "random streams: expected a path and a name, found \"task\"");
  }
  EXPECT_EQ(streams.stream("", "task").position(), 1U);  // unchanged
}

}  // namespace rng_streams_test
