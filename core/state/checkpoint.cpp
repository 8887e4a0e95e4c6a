#include "core/state/checkpoint.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>

#include "core/error.hpp"
#include "core/files/atomic_file.hpp"
#include <zlib.h>

namespace clh::core {
namespace {

constexpr char kMagic[] = "clh-state 1\n";
constexpr int kMaxDepth = 64;  // records in records; more is damage, and would exhaust the stack
enum Kind : std::uint8_t {
  kEnd,
  kInt,
  kReal,
  kText,
  kInts,
  kReals,
  kBytes,
  kTensor,
  kEnter,
  kLeave
};

template <class T>
void put_raw(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Real numbers, integers and truth values; what a state may hold.
bool storable(at::ScalarType dtype) {
  return dtype < at::ScalarType::ComplexHalf || dtype == at::kBool || dtype == at::kBFloat16;
}

std::uint32_t checksum(const char* data, std::size_t n) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(data), n));
}

class Writer {
 public:
  std::string text = kMagic;

  void record(const StateRecord& r) {
    for (const auto& [key, value] : r.values) {
      std::visit([&, &k = key](const auto& v) { put(k, v); }, value);
    }
    for (const auto& [key, child] : r.children) {
      entry(kEnter, key, nullptr, 0);
      record(*child);
      entry(kLeave, "", nullptr, 0);
    }
  }
  void end() { entry(kEnd, "", nullptr, 0); }

 private:
  void entry(Kind kind, const std::string& key, const void* data, std::size_t n) {
    const auto start = text.size();
    put_raw(text, static_cast<std::uint8_t>(kind));
    put_raw(text, static_cast<std::uint32_t>(key.size()));
    text += key;
    put_raw(text, static_cast<std::uint64_t>(n));
    text.append(static_cast<const char*>(data), n);
    put_raw(text, checksum(text.data() + start, text.size() - start));
  }
  void put(const std::string& key, std::int64_t v) { entry(kInt, key, &v, sizeof v); }
  void put(const std::string& key, double v) { entry(kReal, key, &v, sizeof v); }
  void put(const std::string& key, const std::string& v) { entry(kText, key, v.data(), v.size()); }
  void put(const std::string& key, const StateRecord::Ints& v) {
    entry(kInts, key, v.data(), v.size() * sizeof v[0]);
  }
  void put(const std::string& key, const StateRecord::Reals& v) {
    entry(kReals, key, v.data(), v.size() * sizeof v[0]);
  }
  void put(const std::string& key, const StateRecord::Bytes& v) {
    entry(kBytes, key, v.data(), v.size());
  }
  void put(const std::string& key, const at::Tensor& t) {
    std::string payload;
    if (t.defined()) {
      if (!storable(t.scalar_type())) {
        throw Error("state",
                    "state " + key + ": expected a real, integer or bool tensor, found another",
                    "report it to the plugin's author", kExitPlugin);
      }
      put_raw(payload, static_cast<std::int32_t>(t.scalar_type()));
      put_raw(payload, static_cast<std::int32_t>(t.dim()));
      for (const auto size : t.sizes()) {
        put_raw(payload, size);
      }
      payload.append(static_cast<const char*>(t.data_ptr()), t.nbytes());
    }
    entry(kTensor, key, payload.data(), payload.size());
  }
};

class Reader {
 public:
  Reader(std::string text, std::string path) : text_(std::move(text)), path_(std::move(path)) {
    if (text_.compare(0, sizeof kMagic - 1, kMagic) != 0) {
      damaged("a file that begins with \"clh-state 1\"", "another beginning");
    }
    at_ = sizeof kMagic - 1;
  }

  /// Reads the whole file into `root`.
  void file(StateRecord& root) {
    record(root, 0);
    if (at_ != text_.size()) {
      damaged("nothing after the last record", std::to_string(text_.size() - at_) + " more bytes");
    }
  }

 private:
  /// What was put under a new key.
  template <class Place>
  auto& once(const std::pair<Place, bool>& put) const {
    if (!put.second) {
      damaged("each key once in a record", "one twice");
    }
    return put.first->second;
  }
  /// Reads entries into a record, which lies in `depth` others, until its end.
  void record(StateRecord& r, int depth) {
    if (depth > kMaxDepth) {
      damaged("at most " + std::to_string(kMaxDepth) + " records in each other", "more");
    }
    for (;;) {
      const auto start = at_;
      const auto kind = take<std::uint8_t>();
      const auto key = bytes(take<std::uint32_t>());
      const auto payload = bytes(take<std::uint64_t>());
      const auto sum = checksum(text_.data() + start, at_ - start);
      if (take<std::uint32_t>() != sum) {
        damaged("a whole record at byte " + std::to_string(start), "a wrong checksum");
      }
      if (kind == kEnter) {
        record(*once(r.children.emplace(key, std::make_unique<StateRecord>())), depth + 1);
      } else if (kind == kLeave || kind == kEnd) {
        if ((kind == kEnd) != (depth == 0)) {
          damaged("nested records that close", "an early end");
        }
        return;
      } else {
        once(r.values.emplace(key, value(kind, payload)));
      }
    }
  }

  [[noreturn]] void damaged(const std::string& expected, const std::string& found) const {
    throw Error("state", path_ + ": expected " + expected + ", found " + found,
                "use another checkpoint", kExitUsage);
  }
  std::string bytes(std::uint64_t n) {
    if (n > text_.size() - at_) {
      damaged(std::to_string(n) + " more bytes at byte " + std::to_string(at_),
              std::to_string(text_.size() - at_));
    }
    at_ += n;
    return text_.substr(at_ - n, n);
  }
  template <class T>
  T take() {
    const auto raw = bytes(sizeof(T));
    T value;
    std::memcpy(&value, raw.data(), sizeof value);
    return value;
  }
  template <class T>
  std::vector<T> list(const std::string& payload) const {
    if (payload.size() % sizeof(T) != 0) {
      damaged("whole elements", std::to_string(payload.size()) + " bytes");
    }
    std::vector<T> values(payload.size() / sizeof(T));
    if (!values.empty()) {
      std::memcpy(values.data(), payload.data(), payload.size());
    }
    return values;
  }
  StateRecord::Value value(std::uint8_t kind, const std::string& payload) const {
    switch (kind) {
      case kInt:
      case kReal:
        if (payload.size() != 8) {
          damaged("a number of 8 bytes", std::to_string(payload.size()) + " bytes");
        }
        return kind == kInt ? StateRecord::Value(list<std::int64_t>(payload)[0])
                            : StateRecord::Value(list<double>(payload)[0]);
      case kText:
        return payload;
      case kInts:
        return list<std::int64_t>(payload);
      case kReals:
        return list<double>(payload);
      case kBytes:
        return list<std::uint8_t>(payload);
      case kTensor:
        return tensor(payload);
      default:
        damaged("a known kind of record", "kind " + std::to_string(kind));
    }
  }
  at::Tensor tensor(const std::string& payload) const {
    if (payload.empty()) {
      return {};
    }
    std::int32_t head[2] = {-1, -1};
    if (payload.size() >= sizeof head) {
      std::memcpy(head, payload.data(), sizeof head);
    }
    const bool known = head[0] >= 0 && head[0] < static_cast<int>(at::ScalarType::NumOptions);
    if (!known || !storable(static_cast<at::ScalarType>(head[0])) || head[1] < 0 || head[1] > 16 ||
        payload.size() < sizeof head + 8U * static_cast<std::size_t>(head[1])) {
      damaged("a tensor's dtype and rank", "others");
    }
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(head[1]));
    if (!sizes.empty()) {
      std::memcpy(sizes.data(), payload.data() + sizeof head, sizes.size() * 8);
    }
    const auto offset = sizeof head + sizes.size() * 8;
    const auto dtype = static_cast<at::ScalarType>(head[0]);
    auto count = c10::elementSize(dtype);
    auto extent = count;  // with 1 for sizes of 0: strides must not overflow either
    for (const auto size : sizes) {
      const auto factor = static_cast<std::size_t>(std::max<std::int64_t>(size, 1));
      if (size < 0 || extent > (std::size_t{1} << 62U) / factor) {
        damaged("a tensor of less than 2^62 bytes", "a larger one");
      }
      extent *= factor;
      count *= static_cast<std::size_t>(size);
    }
    if (count != payload.size() - offset) {
      damaged("a tensor of " + std::to_string(payload.size() - offset) + " bytes",
              std::to_string(count));
    }
    auto t = at::empty(sizes, dtype);
    if (count > 0) {
      std::memcpy(t.data_ptr(), payload.data() + offset, count);
    }
    return t;
  }

  std::string text_, path_;
  std::size_t at_ = 0;
};

}  // namespace

void write_checkpoint(const std::filesystem::path& path, const StateRecord& root) {
  Writer writer;
  writer.record(root);
  writer.end();
  write_file_atomically(path, writer.text);
}

std::unique_ptr<StateRecord> read_checkpoint(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored)) {
    throw Error("state", path.string() + ": expected a checkpoint, found no readable file",
                "name an existing checkpoint", kExitUsage);
  }
  Reader reader(std::string(std::istreambuf_iterator<char>(file), {}), path.string());
  auto root = std::make_unique<StateRecord>();
  reader.file(*root);
  return root;
}

}  // namespace clh::core
