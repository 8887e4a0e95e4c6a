// The default job as one would write it by hand with plain LibTorch calls: experience replay on
// Split Fashion-MNIST, five tasks of two classes, one epoch, and the whole accuracy matrix.
#pragma once
#include <string>
#include <vector>

namespace clh::bench {

struct HandWrittenResult {
  std::vector<std::vector<double>> class_il, task_il;  // [task after][task]
  double seconds = 0.0;
};

/// Same steps as `cl-host train`: batch 10, 10 exemplars of 500, SGD 0.1, MLP 784-100-100-10, and
/// the same evaluated cells (5 x 5 and the row before training). `root` holds the IDX files.
HandWrittenResult hand_written_er(const std::string& root, int seed);

}  // namespace clh::bench
