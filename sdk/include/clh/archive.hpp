// Archive: one `state(Archive&)` that saves and loads what only the component knows.
#pragma once
#include <clh/abi.h>
#include <clh/error.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

namespace clh __attribute__((visibility("hidden"))) {

class Archive;

/// How a foreign type is archived; specialised for tensors in <clh/tensor.hpp>.
template <class T, class = void>
struct ArchiveAs;

template <class T, class = void>
struct HasState : std::false_type {};
template <class T>
struct HasState<T, std::void_t<decltype(std::declval<T&>().state(std::declval<Archive&>()))>>
    : std::true_type {};

/// Keys are unique within a record. Errors: StatusError with CLH_E_STATE on a missing or mistyped
/// key. Nested objects are records of their own.
class Archive {
 public:
  explicit Archive(const clh_writer& writer) : writer_(&writer) {}
  Archive(const clh_reader& reader, std::uint32_t version) : reader_(&reader), version_(version) {}

  bool loading() const { return reader_ != nullptr; }
  /// Schema version of the data being loaded; 0 while saving.
  std::uint32_t version() const { return version_; }

  template <class T>
  Archive& operator()(const char* key, T& value) {
    if constexpr (std::is_same_v<T, bool> || std::is_integral_v<T> || std::is_enum_v<T>) {
      auto number = static_cast<std::int64_t>(value);
      integer(key, number);
      value = static_cast<T>(number);
    } else if constexpr (std::is_floating_point_v<T>) {
      auto number = static_cast<double>(value);
      real(key, number);
      value = static_cast<T>(number);
    } else if constexpr (std::is_same_v<T, std::string>) {
      text(key, value);
    } else if constexpr (HasState<T>::value) {
      record(key, [&] { value.state(*this); });
    } else {
      ArchiveAs<T>::archive(*this, key, value);
    }
    return *this;
  }

  /// A nested record: `body` archives its members.
  template <class Body>
  void record(const char* key, Body&& body) {
    if (loading()) {
      call(reader_->enter, reader_->ctx, key);
    } else {
      call(writer_->enter, writer_->ctx, key);
    }
    body();
    if (loading()) {
      call(reader_->leave, reader_->ctx);
    } else {
      call(writer_->leave, writer_->ctx);
    }
  }

  /// Raw bytes while saving.
  void write_bytes(const char* key, const void* data, std::uint64_t n) {
    call(writer_->bytes, writer_->ctx, key, data, n);
  }
  /// Raw bytes while loading. Owner: the host, until the load returns.
  const void* read_bytes(const char* key, std::uint64_t* n) {
    const void* data = nullptr;
    call(reader_->bytes, reader_->ctx, key, &data, n);
    return data;
  }

  const clh_writer* writer() const { return writer_; }
  const clh_reader* reader() const { return reader_; }

 private:
  void integer(const char* key, std::int64_t& x) {
    clh_value v{};
    v.type = CLH_INT;
    v.n = 1;
    v.u.i = x;
    value(key, v);
    x = v.u.i;
  }
  void real(const char* key, double& x) {
    clh_value v{};
    v.type = CLH_REAL;
    v.n = 1;
    v.u.r = x;
    value(key, v);
    x = v.u.r;
  }
  void text(const char* key, std::string& x) {
    clh_value v{};
    v.type = CLH_STRING;
    v.n = 1;
    v.u.s = x.c_str();
    value(key, v);
    if (loading()) {
      x = v.u.s;
    }
  }
  void value(const char* key, clh_value& v) {
    if (loading()) {
      call(reader_->value, reader_->ctx, key, v.type, &v);
    } else {
      call(writer_->value, writer_->ctx, key, static_cast<const clh_value*>(&v));
    }
  }

  const clh_writer* writer_ = nullptr;
  const clh_reader* reader_ = nullptr;
  std::uint32_t version_ = 0;
};

/// The state of a component as two members of the open record: its schema version, and the record
/// that its extension saves. Errors: StatusError with CLH_E_STATE for data of a newer schema.
inline void archive_component(Archive& archive, const clh_state_ext& ext, void* self) {
  std::uint32_t version = ext.version;
  archive("version", version);
  if (version > ext.version) {
    throw StatusError(CLH_E_STATE, "state: expected version " + std::to_string(ext.version) +
                                       " or older, found version " + std::to_string(version));
  }
  archive.record("state", [&] {
    if (archive.loading()) {
      call(ext.load, self, version, archive.reader());
    } else {
      call(ext.save, self, archive.writer());
    }
  });
}

/// A vector of plain numbers is one block of bytes; of anything else, a record with one entry each.
template <class T>
struct ArchiveAs<std::vector<T>> {
  static void archive(Archive& archive, const char* key, std::vector<T>& values) {
    if constexpr (std::is_arithmetic_v<T>) {
      if (archive.loading()) {
        std::uint64_t n = 0;
        const void* data = archive.read_bytes(key, &n);
        if (n % sizeof(T) != 0) {
          throw StatusError(CLH_E_STATE, std::string("state ") + key + ": expected whole elements of " +
                                             std::to_string(sizeof(T)) + " bytes, found " +
                                             std::to_string(n) + " bytes");
        }
        values.resize(n / sizeof(T));
        if (n != 0) {
          std::memcpy(values.data(), data, n);
        }
      } else {
        archive.write_bytes(key, values.data(), values.size() * sizeof(T));
      }
    } else {
      archive.record(key, [&] {
        auto count = static_cast<std::int64_t>(values.size());
        archive("size", count);
        if (archive.loading()) {
          values.clear();  // grows as it is read: a damaged count ends at the first missing key
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
          if (archive.loading()) {
            values.emplace_back();
          }
          archive(std::to_string(i).c_str(), values[i]);
        }
      });
    }
  }
};

}  // namespace clh
