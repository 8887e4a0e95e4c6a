#include "core/state/state_difference.hpp"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstring>

namespace clh::core {
namespace {

using Value = StateRecord::Value;

std::string tensor_difference(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) {
    return "a tensor and none";
  }
  if (!a.defined()) {
    return "";
  }
  if (a.sizes() != b.sizes() || a.scalar_type() != b.scalar_type()) {
    return "tensors of other forms";
  }
  const auto x = a.contiguous(), y = b.contiguous();
  return x.nbytes() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0
             ? ""
             : "tensors of other values";
}

struct Difference {
  const Value& other;

  std::string operator()(const at::Tensor& a) const {
    return tensor_difference(a, std::get<at::Tensor>(other));
  }
  std::string operator()(std::int64_t a) const {
    const auto b = std::get<std::int64_t>(other);
    return a == b ? "" : std::to_string(a) + " and " + std::to_string(b);
  }
  std::string operator()(double a) const {
    const auto b = std::get<double>(other);
    return std::memcmp(&a, &b, sizeof a) == 0 ? ""
                                              : std::to_string(a) + " and " + std::to_string(b);
  }
  template <class List>
  std::string operator()(const List& a) const {
    const auto& b = std::get<List>(other);
    const auto bytes = a.size() * sizeof(a[0]);
    return a.size() == b.size() && (bytes == 0 || std::memcmp(a.data(), b.data(), bytes) == 0)
               ? ""
               : "other values";
  }
};

std::string compare(const StateRecord& a, const StateRecord& b, const std::string& path,
                    const std::vector<std::string>& skip) {
  for (const auto& [key, value] : a.values) {
    const auto other = b.values.find(key);
    if (other == b.values.end() || other->second.index() != value.index()) {
      return path + "/" + key + ": there and missing, or of another type";
    }
    const auto found = std::visit(Difference{other->second}, value);
    if (!found.empty()) {
      return path + "/" + key + ": " + found;
    }
  }
  for (const auto& entry : b.values) {
    if (a.values.count(entry.first) == 0) {
      return path + "/" + entry.first + ": missing and there";
    }
  }
  for (const auto& entry : b.children) {
    if (a.children.count(entry.first) == 0) {
      return path + "/" + entry.first + ": missing and there";
    }
  }
  for (const auto& [key, child] : a.children) {
    if (path.empty() && std::find(skip.begin(), skip.end(), key) != skip.end()) {
      continue;
    }
    const auto other = b.children.find(key);
    if (other == b.children.end()) {
      return path + "/" + key + ": there and missing";
    }
    auto found = compare(*child, *other->second, path + "/" + key, skip);
    if (!found.empty()) {
      return found;
    }
  }
  return "";
}

}  // namespace

std::string state_difference(const StateRecord& a, const StateRecord& b,
                             const std::vector<std::string>& skip) {
  return compare(a, b, "", skip);
}

std::unique_ptr<StateRecord> copy_state(const StateRecord& record) {
  auto copy = std::make_unique<StateRecord>();
  for (const auto& [key, value] : record.values) {
    const auto* tensor = std::get_if<at::Tensor>(&value);
    copy->values.emplace(key,
                         tensor != nullptr && tensor->defined() ? Value(tensor->clone()) : value);
  }
  for (const auto& [key, child] : record.children) {
    copy->children.emplace(key, copy_state(*child));
  }
  return copy;
}

bool is_empty(const StateRecord& record) {
  return record.values.empty() &&
         std::all_of(record.children.begin(), record.children.end(),
                     [](const auto& child) { return is_empty(*child.second); });
}

}  // namespace clh::core
