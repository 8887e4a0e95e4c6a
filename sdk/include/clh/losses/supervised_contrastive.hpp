// supervised_contrastive: the loss that gathers samples of a class and pushes the others away.
#pragma once
#include <ATen/ops/eye.h>
#include <ATen/TensorOperators.h>

namespace clh __attribute__((visibility("hidden"))) {

/// Temperature of the softmax, and the base that the loss is scaled by: tau / base.
struct ContrastTemperature {
  double tau = 0.07, base = 0.07;
};

namespace detail {

/// similarities [n, k] over tau, positives [n, k] bool -> [].
inline at::Tensor contrast(const at::Tensor& similarities, const at::Tensor& positives,
                           const ContrastTemperature& temperature) {
  const auto count = positives.sum(1);
  const auto valid = count.gt(0);
  if (!valid.any().item<bool>()) {
    return similarities.sum() * 0;
  }
  const auto chosen = similarities.log_softmax(1).masked_fill(positives.logical_not(), 0).sum(1);
  return (chosen / count.clamp_min(1)).masked_select(valid).mean() *
         (-temperature.tau / temperature.base);
}

}  // namespace detail

/// Every row is an anchor and is contrasted with all other rows; positives are the others with its
/// label. Several views of a sample are rows of their own with the same label.
/// Inputs:  rows [n, F] of length 1, labels [n], temperatures above 0.
/// Returns: [], the mean over the anchors with a positive; 0 with a graph if there is none.
/// Source:  Khosla et al., "Supervised Contrastive Learning", arXiv:2004.11362, eq. 2. Anchors
///          without positives are left out.
inline at::Tensor supervised_contrastive(const at::Tensor& rows, const at::Tensor& labels,
                                         const ContrastTemperature& temperature) {
  constexpr double kNever = -1e9;  // finite: the row of a lone sample has nothing else
  const auto self = at::eye(rows.size(0), labels.options().dtype(at::kBool));
  const auto similarities = rows.matmul(rows.t()).div(temperature.tau).masked_fill(self, kNever);
  const auto same = labels.unsqueeze(1).eq(labels.unsqueeze(0));
  return detail::contrast(similarities, same.logical_and(self.logical_not()), temperature);
}

/// Anchors contrasted with a set of rows to which they do not belong.
/// Inputs:  anchors [n, F], set [k, F], k >= 1, all of length 1; labels [n] and [k].
/// Returns: as above.
inline at::Tensor supervised_contrastive(const at::Tensor& anchors, const at::Tensor& labels,
                                         const at::Tensor& set, const at::Tensor& set_labels,
                                         const ContrastTemperature& temperature) {
  return detail::contrast(anchors.matmul(set.t()).div(temperature.tau),
                          labels.unsqueeze(1).eq(set_labels.unsqueeze(0)), temperature);
}

}  // namespace clh
