#include "tests/benchmarks/hand_written_er.hpp"

#include <clh/data/idx.hpp>

#include <torch/torch.h>

#include <chrono>

namespace clh::bench {
namespace {

struct Split {
  at::Tensor x;  // [N, 784] float in [0, 1]
  at::Tensor y;  // [N] int64
};

Split load(const std::string& root, const std::string& stem) {
  auto images = read_idx(root + "/" + stem + "-images-idx3-ubyte");
  auto labels = read_idx(root + "/" + stem + "-labels-idx1-ubyte");
  const auto n = images.shape[0];
  Split split;
  split.x = at::from_blob(images.data.data(), {n, 784}, at::kByte).to(at::kFloat).div_(255);
  split.y = at::from_blob(labels.data.data(), {n}, at::kByte).to(at::kLong);
  return split;
}

torch::nn::Sequential make_mlp() {
  torch::nn::Sequential net(torch::nn::Linear(784, 100), torch::nn::ReLU(),
                            torch::nn::Linear(100, 100), torch::nn::ReLU(),
                            torch::nn::Linear(100, 10));
  for (auto& p : net->named_parameters()) {
    if (p.key().find("weight") != std::string::npos) {
      torch::nn::init::xavier_uniform_(p.value());
    } else {
      torch::nn::init::zeros_(p.value());
    }
  }
  return net;
}

class Reservoir {
 public:
  explicit Reservoir(std::int64_t capacity)
      : x_(at::empty({capacity, 784})), y_(at::empty({capacity}, at::kLong)), capacity_(capacity) {}
  bool empty() const { return seen_ == 0; }
  void add(const at::Tensor& x, const at::Tensor& y) {
    for (std::int64_t i = 0; i < x.size(0); ++i, ++seen_) {
      const auto slot =
          seen_ < capacity_ ? seen_ : at::randint(seen_ + 1, {1}).item<std::int64_t>();
      if (slot < capacity_) {
        x_[slot] = x[i];
        y_[slot] = y[i];
      }
    }
  }
  std::pair<at::Tensor, at::Tensor> sample(std::int64_t n) const {
    const auto index = at::randperm(std::min(seen_, capacity_)).slice(0, 0, n);
    return {x_.index_select(0, index), y_.index_select(0, index)};
  }

 private:
  at::Tensor x_, y_;
  std::int64_t capacity_, seen_ = 0;
};

/// Accuracies on every task: class-il over the `seen` first classes, task-il over the task's two.
void evaluate(torch::nn::Sequential& net, const std::vector<Split>& tests, std::int64_t seen,
              HandWrittenResult& result) {
  at::NoGradGuard no_grad;
  net->eval();
  std::vector<double> class_row, task_row;
  for (std::size_t t = 0; t < tests.size(); ++t) {
    std::int64_t class_right = 0, task_right = 0;
    for (std::int64_t first = 0; first < tests[t].x.size(0); first += 1000) {
      const auto n = std::min<std::int64_t>(1000, tests[t].x.size(0) - first);
      const auto z = net->forward(tests[t].x.narrow(0, first, n));
      const auto y = tests[t].y.narrow(0, first, n);
      if (seen > 0) {
        class_right += z.narrow(1, 0, seen).argmax(1).eq(y).sum().item<std::int64_t>();
      }
      const auto base = static_cast<std::int64_t>(2 * t);
      task_right += z.narrow(1, base, 2).argmax(1).add(base).eq(y).sum().item<std::int64_t>();
    }
    class_row.push_back(static_cast<double>(class_right) / static_cast<double>(tests[t].x.size(0)));
    task_row.push_back(static_cast<double>(task_right) / static_cast<double>(tests[t].x.size(0)));
  }
  if (seen > 0) {
    result.class_il.push_back(class_row);
    result.task_il.push_back(task_row);
  }
  net->train();
}

}  // namespace

HandWrittenResult hand_written_er(const std::string& root, int seed) {
  const auto start = std::chrono::steady_clock::now();
  torch::manual_seed(seed);
  const auto train = load(root, "train");
  const auto test = load(root, "t10k");
  std::vector<Split> tests;
  for (int t = 0; t < 5; ++t) {
    const auto index = test.y.div(2, "floor").eq(t).nonzero().squeeze(1);
    tests.push_back({test.x.index_select(0, index), test.y.index_select(0, index)});
  }
  auto net = make_mlp();
  torch::optim::SGD optimizer(net->parameters(), torch::optim::SGDOptions(0.1));
  Reservoir memory(500);
  HandWrittenResult result;
  evaluate(net, tests, 0, result);
  for (int t = 0; t < 5; ++t) {
    auto index = train.y.div(2, "floor").eq(t).nonzero().squeeze(1);
    index = index.index_select(0, at::randperm(index.size(0)));
    for (std::int64_t first = 0; first < index.size(0); first += 10) {
      const auto batch = index.narrow(0, first, std::min<std::int64_t>(10, index.size(0) - first));
      const auto x = train.x.index_select(0, batch);
      const auto y = train.y.index_select(0, batch);
      auto inputs = x, labels = y;
      if (!memory.empty()) {
        const auto old = memory.sample(10);
        inputs = at::cat({inputs, old.first});
        labels = at::cat({labels, old.second});
      }
      optimizer.zero_grad();
      auto loss = torch::nn::functional::cross_entropy(net->forward(inputs), labels);
      loss.backward();
      optimizer.step();
      memory.add(x, y);
      loss.item<double>();
    }
    evaluate(net, tests, 2 * (t + 1), result);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace clh::bench
