// TorchGenerators: LibTorch's CPU generators for the named streams, and the default generator.
#pragma once
#include <clh/archive.hpp>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace clh::core {

/// One Mersenne twister per (instance path, stream), seeded from the stream's key when first used.
class TorchGenerators {
 public:
  explicit TorchGenerators(std::uint64_t seed) : seed_(seed) {}

  /// Owner: shared; the same object at every call.
  at::Generator generator(std::string_view path, std::string_view stream);
  /// All generators and the default one.
  void state(Archive& archive);

 private:
  std::uint64_t seed_;
  std::map<std::string, at::Generator, std::less<>> generators_;  // by "path\nstream"
};

/// Seeds LibTorch's default generator for the length of a scope, so that what a plugin draws while
/// it is constructed repeats bit for bit, and puts it back afterwards.
class DefaultGeneratorScope {
 public:
  explicit DefaultGeneratorScope(std::uint64_t seed);
  ~DefaultGeneratorScope();
  DefaultGeneratorScope(const DefaultGeneratorScope&) = delete;
  DefaultGeneratorScope& operator=(const DefaultGeneratorScope&) = delete;

 private:
  at::Tensor saved_;
};

}  // namespace clh::core
