#include "core/state/state_record.hpp"

#include <ATen/core/Tensor.h>

#include "core/abi/core_errors.hpp"

namespace clh::core {
namespace {

using WriteStack = std::vector<StateRecord*>;

StateRecord& top(void* ctx) {
  return *static_cast<WriteStack*>(ctx)->back();
}

[[noreturn]] void bad_state(const char* key, const std::string& expected,
                            const std::string& found) {
  throw StatusError(CLH_E_STATE,
                    std::string("state ") + key + ": expected " + expected + ", found " + found);
}

void insert(void* ctx, const char* key, StateRecord::Value value) {
  if (!top(ctx).values.emplace(key, std::move(value)).second) {
    bad_state(key, "each key once", "it twice");
  }
}

clh_status write_value(void* ctx, const char* key, const clh_value* v, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    switch (v->type) {
      case CLH_BOOL:
      case CLH_INT:
      case CLH_CHOICE:
        return insert(ctx, key, v->u.i);
      case CLH_REAL:
        return insert(ctx, key, v->u.r);
      case CLH_STRING:
      case CLH_PATH:
        return insert(ctx, key, std::string(v->u.s));
      case CLH_INT_LIST:
        return insert(ctx, key, StateRecord::Ints(v->u.iv, v->u.iv + v->n));
      case CLH_REAL_LIST:
        return insert(ctx, key, StateRecord::Reals(v->u.rv, v->u.rv + v->n));
      default:
        bad_state(key, "a plain value", "type " + std::to_string(v->type));
    }
  });
}

clh_status write_bytes(void* ctx, const char* key, const void* data, std::uint64_t n,
                       clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    const auto* bytes = static_cast<const std::uint8_t*>(data);
    insert(ctx, key, n == 0 ? StateRecord::Bytes() : StateRecord::Bytes(bytes, bytes + n));
  });
}

clh_status write_tensor(void* ctx, const char* key, const clh_tensor* tensor, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    const auto given = borrow(tensor);
    insert(ctx, key,
           given.defined() ? given.detach().to(at::kCPU).contiguous().clone() : at::Tensor());
  });
}

clh_status write_enter(void* ctx, const char* key, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto child = std::make_unique<StateRecord>();
    auto* record = child.get();
    if (!top(ctx).children.emplace(key, std::move(child)).second) {
      bad_state(key, "each record once", "it twice");
    }
    static_cast<WriteStack*>(ctx)->push_back(record);
  });
}

template <class Stack>
clh_status leave(Stack& open, clh_error* error) {
  if (open.size() < 2) {
    return fail(error, CLH_E_STATE, "state: expected an open record, found none");
  }
  open.pop_back();
  return CLH_OK;
}
clh_status write_leave(void* ctx, clh_error* error) {
  return leave(*static_cast<WriteStack*>(ctx), error);
}
clh_status read_leave(void* ctx, clh_error* error) {
  return leave(static_cast<ReadCursor*>(ctx)->open, error);
}

const StateRecord::Value& find(void* ctx, const char* key) {
  auto& cursor = *static_cast<ReadCursor*>(ctx);
  const auto& values = cursor.open.back()->values;
  const auto found = values.find(key);
  if (found == values.end()) {
    bad_state(key, "this key", "none");
  }
  cursor.seen.insert(&found->second);
  return found->second;
}

template <class T>
const T& get(void* ctx, const char* key) {
  const auto* value = std::get_if<T>(&find(ctx, key));
  if (value == nullptr) {
    bad_state(key, "another type", "the type that was saved");
  }
  return *value;
}

clh_status read_value(void* ctx, const char* key, clh_type type, clh_value* out, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    clh_value v{};
    v.type = type;
    v.n = 1;
    switch (type) {
      case CLH_BOOL:
      case CLH_INT:
      case CLH_CHOICE:
        v.u.i = get<std::int64_t>(ctx, key);
        break;
      case CLH_REAL:
        v.u.r = get<double>(ctx, key);
        break;
      case CLH_STRING:
      case CLH_PATH:
        v.u.s = get<std::string>(ctx, key).c_str();
        break;
      case CLH_INT_LIST: {
        const auto& list = get<StateRecord::Ints>(ctx, key);
        v.n = static_cast<std::uint32_t>(list.size());
        v.u.iv = list.data();
        break;
      }
      case CLH_REAL_LIST: {
        const auto& list = get<StateRecord::Reals>(ctx, key);
        v.n = static_cast<std::uint32_t>(list.size());
        v.u.rv = list.data();
        break;
      }
      default:
        bad_state(key, "a plain value", "type " + std::to_string(type));
    }
    *out = v;
  });
}

clh_status read_bytes(void* ctx, const char* key, const void** out, std::uint64_t* n,
                      clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    const auto& bytes = get<StateRecord::Bytes>(ctx, key);
    *out = bytes.data();
    *n = bytes.size();
  });
}

clh_status read_tensor(void* ctx, const char* key, clh_tensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    const auto& kept = get<at::Tensor>(ctx, key);
    *out = kept.defined() ? give(kept.clone()) : nullptr;
  });
}

clh_status read_enter(void* ctx, const char* key, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto& cursor = *static_cast<ReadCursor*>(ctx);
    const auto& children = cursor.open.back()->children;
    const auto found = children.find(key);
    if (found == children.end()) {
      bad_state(key, "this record", "none");
    }
    cursor.seen.insert(found->second.get());
    cursor.open.push_back(found->second.get());
  });
}

std::string unread(const StateRecord& record, const std::set<const void*>& seen) {
  for (const auto& [key, value] : record.values) {
    if (seen.count(&value) == 0) {
      return key;
    }
  }
  for (const auto& [key, child] : record.children) {
    if (seen.count(child.get()) == 0) {
      return key;
    }
    const auto below = unread(*child, seen);
    if (!below.empty()) {
      return key + "." + below;
    }
  }
  return "";
}

const ReadCursor* cursor_of(const clh_reader& reader) {
  return reader.value == read_value ? static_cast<const ReadCursor*>(reader.ctx) : nullptr;
}

}  // namespace

StateWriter::StateWriter(StateRecord& root)
    : open_{&root}, table_{sizeof(clh_writer), 0,           &open_,     write_value, write_bytes,
                           write_tensor,       write_enter, write_leave} {}

StateReader::StateReader(const StateRecord& root)
    : cursor_{{&root}, {}}, table_{sizeof(clh_reader), 0,           &cursor_,   read_value,
                                   read_bytes,         read_tensor, read_enter, read_leave} {}

std::string first_unread(const clh_reader& reader) {
  const auto* cursor = cursor_of(reader);
  return cursor == nullptr ? "" : unread(*cursor->open.back(), cursor->seen);
}

const StateRecord* open_record(const clh_reader& reader) {
  const auto* cursor = cursor_of(reader);
  return cursor == nullptr ? nullptr : cursor->open.back();
}

}  // namespace clh::core
