#include "core/abi/instance_table.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace clh::core {
namespace {

struct RequiredMember {
  std::size_t offset;
  const char* name;
};

struct KindTable {
  std::size_t size;
  std::vector<RequiredMember> required;  // in the order of the struct
};

// The members marked R in the files of the kinds, clh/abi/<kind>.h.
const KindTable& of_kind(clh_kind kind) {
  static const std::array<KindTable, 6> tables = {{
      {sizeof(clh_model_vt),
       {{offsetof(clh_model_vt, destroy), "destroy"},
        {offsetof(clh_model_vt, observe), "observe"}}},
      {sizeof(clh_backbone_vt),
       {{offsetof(clh_backbone_vt, destroy), "destroy"},
        {offsetof(clh_backbone_vt, features), "features"},
        {offsetof(clh_backbone_vt, feature_shape), "feature_shape"},
        {offsetof(clh_backbone_vt, parameters), "parameters"}}},
      {sizeof(clh_dataset_vt),
       {{offsetof(clh_dataset_vt, destroy), "destroy"},
        {offsetof(clh_dataset_vt, info), "info"},
        {offsetof(clh_dataset_vt, open), "open"}}},
      {sizeof(clh_encoder_vt),
       {{offsetof(clh_encoder_vt, destroy), "destroy"},
        {offsetof(clh_encoder_vt, output_shape), "output_shape"},
        {offsetof(clh_encoder_vt, encode), "encode"}}},
      {sizeof(clh_node_vt),
       {{offsetof(clh_node_vt, destroy), "destroy"},
        {offsetof(clh_node_vt, parameters), "parameters"},
        {offsetof(clh_node_vt, truth_table), "truth_table"}}},
      {sizeof(clh_layer_vt),
       {{offsetof(clh_layer_vt, destroy), "destroy"},
        {offsetof(clh_layer_vt, forward), "forward"},
        {offsetof(clh_layer_vt, output_shape), "output_shape"},
        {offsetof(clh_layer_vt, parameters), "parameters"},
        {offsetof(clh_layer_vt, mapping), "mapping"},
        {offsetof(clh_layer_vt, truth_table), "truth_table"}}},
  }};
  return tables.at(kind - 1);
}

}  // namespace

InstanceTable::InstanceTable(clh_kind kind, const void* vtable) : kind_(kind) {
  // Every kind's table starts with struct_size; only whole members are taken.
  std::memcpy(&given_, vtable, sizeof given_);
  const auto size = of_kind(kind).size;
  const std::size_t whole = given_ / sizeof(void*) * sizeof(void*);
  std::memcpy(table_.data.data(), vtable, std::min(whole, size));
  const auto full = static_cast<std::uint32_t>(size);
  std::memcpy(table_.data.data(), &full, sizeof full);
}

std::string InstanceTable::defect() const {
  const auto& required = of_kind(kind_).required;
  const auto least = required.back().offset + sizeof(void*);
  if (given_ < least) {
    return "expected a table of " + std::to_string(least) + " bytes or more, found " +
           std::to_string(given_);
  }
  for (const auto& member : required) {
    const unsigned char* bytes = table_.data.data() + member.offset;
    if (std::all_of(bytes, bytes + sizeof(void*), [](unsigned char b) { return b == 0; })) {
      return std::string("expected the required function ") + member.name + ", found none";
    }
  }
  return {};
}

}  // namespace clh::core
