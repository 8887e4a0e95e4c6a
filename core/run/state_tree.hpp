// StateTree: keyed, typed, nested records, as clh_writer and clh_reader see them.
#pragma once
#include <clh/archive.hpp>
#include <clh/tensor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace clh::core {

/// One record; a nested one is a child. Tensors are copies, on the CPU and contiguous.
struct StateRecord {
  using Bytes = std::vector<std::uint8_t>;
  using Ints = std::vector<std::int64_t>;
  using Reals = std::vector<double>;
  using Value = std::variant<std::int64_t, double, std::string, Ints, Reals, Bytes, at::Tensor>;
  std::map<std::string, Value> values;
  std::map<std::string, std::unique_ptr<StateRecord>> children;
};

/// Writes into a record. Errors of its functions: CLH_E_STATE for a key given twice.
class StateWriter {
 public:
  explicit StateWriter(StateRecord& root);
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;
  const clh_writer& table() const { return table_; }

 private:
  std::vector<StateRecord*> open_;
  clh_writer table_;
};

/// Reads a record. Errors of its functions: CLH_E_STATE for a missing key or another type.
/// Owner: the record, until it is destroyed.
class StateReader {
 public:
  explicit StateReader(const StateRecord& root);
  StateReader(const StateReader&) = delete;
  StateReader& operator=(const StateReader&) = delete;
  const clh_reader& table() const { return table_; }

 private:
  std::vector<const StateRecord*> open_;
  clh_reader table_;
};

/// Saves an object with state(Archive&) into a record, or loads it.
template <class T>
void save_state(T& object, StateRecord& record) {
  const StateWriter writer(record);
  Archive archive(writer.table());
  object.state(archive);
}
template <class T>
void load_state(T& object, const StateRecord& record) {
  const StateReader reader(record);
  Archive archive(reader.table(), 1);
  object.state(archive);
}

}  // namespace clh::core
