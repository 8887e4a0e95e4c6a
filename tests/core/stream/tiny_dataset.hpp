// TinyDataset: labels without samples; sample i of either split is of class i % n_classes.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "core/stream/stream_plan.hpp"

class TinyDataset {
 public:
  TinyDataset(std::int64_t n_classes, std::int64_t train_each, std::int64_t test_each,
              std::vector<std::int64_t> shape = {1, 2, 3})
      : train_(classes_of(n_classes, train_each)), test_(classes_of(n_classes, test_each)) {
    labels.train_labels = train_.data();
    labels.n_train = static_cast<std::int64_t>(train_.size());
    labels.test_labels = test_.data();
    labels.n_test = static_cast<std::int64_t>(test_.size());
    labels.n_classes = n_classes;
    labels.sample_shape = std::move(shape);
  }
  TinyDataset(const TinyDataset&) = delete;
  TinyDataset& operator=(const TinyDataset&) = delete;

  clh::core::DatasetLabels labels;

 private:
  static std::vector<std::int64_t> classes_of(std::int64_t n_classes, std::int64_t each) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < n_classes * each; ++i) {
      all.push_back(i % n_classes);
    }
    return all;
  }
  std::vector<std::int64_t> train_, test_;
};
