// InstanceTable: an instance's function table as this host reads it, whatever minor it is of.
#pragma once
#include <clh/abi.h>

#include <array>
#include <cstdint>
#include <string>

namespace clh::core {

/// A copy with the size that this header gives the kind: what the plugin's table does not reach, an
/// older minor's, is NULL; what it has beyond, a newer minor's, is left out. So every reader may
/// look at every member.
class InstanceTable {
 public:
  InstanceTable() = default;
  /// Inputs: kind is a known one; vtable is a plugin's table of that kind.
  InstanceTable(clh_kind kind, const void* vtable);

  /// What is wrong with it, "expected X, found Y": shorter than the required members, or one of
  /// them missing. Empty for a good one. A node's forward is not asked for: it may offer
  /// clh.node.vjp/1 instead.
  std::string defect() const;

  const void* get() const { return &table_; }
  template <class Table>
  const Table& as() const {
    return *reinterpret_cast<const Table*>(&table_);
  }

 private:
  static constexpr std::size_t kLargest = sizeof(clh_layer_vt);
  struct alignas(std::uint64_t) Bytes {
    std::array<unsigned char, kLargest> data;
  };

  clh_kind kind_ = 0;
  std::uint32_t given_ = 0;  // bytes that the plugin says its table has
  Bytes table_{};
};

}  // namespace clh::core
