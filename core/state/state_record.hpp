// StateTree: keyed, typed, nested records, as clh_writer and clh_reader see them.
#pragma once
#include <clh/archive.hpp>
#include <clh/tensor.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
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

/// Where a reader is, and what it has read so far.
struct ReadCursor {
  std::vector<const StateRecord*> open;
  std::set<const void*> seen;  // addresses of values and children
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
  ReadCursor cursor_;
  clh_reader table_;
};

/// The first key in the open record, or below it, that has not been read; empty if there is none.
/// Inputs: a StateReader's table; of another one nothing is known.
std::string first_unread(const clh_reader& reader);
/// The record that a reader has open; null for a table that is not a StateReader's.
const StateRecord* open_record(const clh_reader& reader);

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
