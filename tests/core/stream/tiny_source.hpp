// TinySource: labels without samples; sample i of either split is of class i % n_classes.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "core/stream/stream_plan.hpp"

class TinySource {
 public:
  TinySource(std::int64_t n_classes, std::int64_t train_each, std::int64_t test_each,
             std::vector<std::int64_t> shape = {1, 2, 3})
      : train_(labels(n_classes, train_each)), test_(labels(n_classes, test_each)) {
    view.train_labels = train_.data();
    view.n_train = static_cast<std::int64_t>(train_.size());
    view.test_labels = test_.data();
    view.n_test = static_cast<std::int64_t>(test_.size());
    view.n_classes = n_classes;
    view.sample_shape = std::move(shape);
  }
  TinySource(const TinySource&) = delete;
  TinySource& operator=(const TinySource&) = delete;

  clh::core::SourceView view;

 private:
  static std::vector<std::int64_t> labels(std::int64_t n_classes, std::int64_t each) {
    std::vector<std::int64_t> all;
    for (std::int64_t i = 0; i < n_classes * each; ++i) {
      all.push_back(i % n_classes);
    }
    return all;
  }
  std::vector<std::int64_t> train_, test_;
};
