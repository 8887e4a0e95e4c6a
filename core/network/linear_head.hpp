// LinearHead: the classifier that the host owns. One block of outputs from the start (fixed), one
// for each task from the start (multi-head), or one more with each task (incremental).
#pragma once
#include <clh/model.hpp>

#include <cstdint>
#include <vector>

namespace clh::core {

enum class HeadForm { kFixed, kIncremental, kMultiHead };

/// Xavier: weights U(+-sqrt(6 / (F + C))), zero bias. Kaiming: LibTorch's own U(+-1/sqrt(F)).
enum class HeadInit { kXavier, kDefault };

struct HeadOptions {
  HeadInit init = HeadInit::kXavier;
  void bind(OptionBinder& option) {
    option("init", init, "initial weights: Xavier with zero bias, or LibTorch's own for Linear")
        .choices({"xavier", "default"});
  }
};

/// A group of outputs with weights of its own.
struct HeadBlock {
  std::int64_t first_output;
  at::Tensor weight;  // [n, F]
  at::Tensor bias;    // [n]
};

class LinearHead {
 public:
  /// Inputs: features F >= 1.
  LinearHead(std::int64_t features, HeadInit init) : features_(features), init_(init) {}

  /// Appends a block of `count` outputs, initialised from LibTorch's default generator.
  const HeadBlock& grow(std::int64_t count);

  /// features [B, F] -> outputs [B, C] over all blocks.
  at::Tensor classify(const at::Tensor& features) const;
  /// Output of each block on its own, [B, n] each.
  std::vector<at::Tensor> classify_blocks(const at::Tensor& features) const;

  std::int64_t outputs() const { return outputs_; }
  std::int64_t features() const { return features_; }
  const std::vector<HeadBlock>& blocks() const { return blocks_; }

 private:
  std::int64_t features_;
  HeadInit init_;
  std::int64_t outputs_ = 0;
  std::vector<HeadBlock> blocks_;
};

}  // namespace clh::core
