// Plugin: how C++ components become the static tables that the host reads.
#pragma once
#include <clh/abi.h>
#include <clh/archive.hpp>
#include <clh/error.hpp>
#include <clh/options.hpp>
#include <clh/random.hpp>
#include <clh/shape.hpp>

#include <cstring>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// Id, version, license, LibTorch fingerprint and capabilities: generated beside the note by
// clh_add_plugin.
extern "C" __attribute__((visibility("hidden"))) const char* const clh_plugin_identity[5];

namespace clh __attribute__((visibility("hidden"))) {

/// What a component says of itself: scenarios, needs, promises, confessions. An open set. Written
/// once, as CAPS of clh_add_plugin, from where the note and the component's table have it.
class Caps {
 public:
  /// Those of `kind:id` in a text like "model:er=class-il,task-il dataset:x=parallel-get".
  Caps(const char* declared, clh_kind kind, const char* id) {
    static constexpr const char* kKinds[] = {"",        "model", "backbone", "dataset",
                                             "encoder", "node",  "layer"};
    const auto key = std::string(" ") + kKinds[kind] + ":" + id + "=";
    const auto all = std::string(" ") + declared + " ";
    const auto found = all.find(key);
    if (found != std::string::npos) {
      const auto first = found + key.size();
      text_ = all.substr(first, all.find(' ', first) - first);
    }
    for (auto& c : text_) {  // one text, cut into names
      c = c == ',' ? '\0' : c;
    }
    for (std::size_t at = 0; at < text_.size(); at += std::strlen(text_.c_str() + at) + 1) {
      names_.push_back(text_.c_str() + at);
    }
    names_.push_back(nullptr);
  }
  Caps(const Caps&) = delete;
  Caps& operator=(const Caps&) = delete;
  /// NULL-terminated. Owner: this object.
  const char* const* data() const { return names_.data(); }

 private:
  std::string text_;
  std::vector<const char*> names_;
};

/// Every instance's way to the host.
class HostServices {
 public:
  explicit HostServices(const clh_host* host) : host_(host) {}
  enum Level : std::int32_t { kTrace, kDebug, kInfo, kWarning, kError, kCritical };

  /// One line into the run's log. Thread: any.
  void log(Level level, const std::string& text) const {
    host_->log(host_->ctx, level, text.c_str());
  }
  /// A number that joins the run record under `key`; the last one of a key counts. Thread: main.
  void metric(const char* key, double value) const { host_->metric(host_->ctx, key, value); }
#if CLH_TARGET_MINOR > 1
  /// A point of a curve that joins the run record: `value` at `step`, which may be a batch's or any
  /// count of the method's own. Thread: main.
  void metric_at(const char* key, std::int64_t step, double value) const {
    host_->metric_at(host_->ctx, key, step, value);
  }
#endif
  /// Poll in long loops. Errors: Stopped when the run is being ended.
  void check_stop() const {
    if (host_->should_stop(host_->ctx) != 0) {
      throw Stopped();
    }
  }
  /// A host extension's table, or null when this host does not offer it in full.
  template <class Extension>
  const Extension* extension(const char* id) const {
    const auto* table = static_cast<const Extension*>(host_->get_extension(host_->ctx, id));
    return table != nullptr && table->struct_size >= sizeof(Extension) ? table : nullptr;
  }
  const clh_host* c_host() const { return host_; }

 private:
  const clh_host* host_;
};

/// What a component of a kind is constructed from; `spec` lives until the instance's destroy.
template <class Spec>
struct Context {
  const clh_host* host;
  const Spec* spec;
};

template <class T, class Context>
T* construct(const Context& context, const typename T::Options& options) {
  if constexpr (std::is_constructible_v<T, Context, const typename T::Options&>) {
    return new T(context, options);
  } else {
    return new T(context);
  }
}

template <class T, class = void>
struct CiteOf {
  static constexpr const char* value = nullptr;
};
template <class T>
struct CiteOf<T, std::void_t<decltype(T::kCite)>> {
  static constexpr const char* value = T::kCite;
};

/// The schema version of T's state: T::kStateVersion, 1 for a component that names none. Raise it
/// with a change of the keys; Archive::version() then tells what an older record holds.
template <class T, class = void>
struct StateVersionOf {
  static constexpr std::uint32_t value = 1;
};
template <class T>
struct StateVersionOf<T, std::void_t<decltype(T::kStateVersion)>> {
  static constexpr std::uint32_t value = T::kStateVersion;
};

/// "clh.state/1" over T::state(Archive&).
template <class Kind, class T>
const clh_state_ext* state_extension() {
  static const clh_state_ext table{
      sizeof(clh_state_ext), StateVersionOf<T>::value,
      [](void* self, const clh_writer* writer, clh_error* error) noexcept -> clh_status {
        return guard<typename Kind::Errors>(error, [&] {
          Archive archive(*writer);
          Kind::template self<T>(self).state(archive);
        });
      },
      [](void* self, std::uint32_t version, const clh_reader* reader,
         clh_error* error) noexcept -> clh_status {
        return guard<typename Kind::Errors>(error, [&] {
          Archive archive(*reader, version);
          Kind::template self<T>(self).state(archive);
        });
      }};
  return &table;
}

/// Sizes of LibTorch's objects as this plugin was compiled; all 0 in the neutral tier.
struct TorchSizes {
  std::uint32_t tensor = 0, tensor_alignment = 0, generator = 0;
};

/// A component's table and the ABI facts of the LibTorch it was built with.
struct ComponentDescription {
  const clh_component* component;
  TorchSizes torch;
};

/// Describes component T of kind `Kind` (a traits class of the kind's header). Called once per T.
template <class Kind, class T>
ComponentDescription describe(const char* id, const char* title) {
  static const Caps caps(clh_plugin_identity[4], Kind::kKind, id);
  static const ParamTable params = describe_options<typename T::Options>();
  static const clh_component component{
      sizeof(clh_component), Kind::kKind, id, title, title, CiteOf<T>::value, caps.data(),
      static_cast<std::uint32_t>(params.params.size()), 0, params.params.data(),
      [](const clh_host* host, const void* spec, const clh_value* values, clh_object* out,
         clh_error* error) noexcept -> clh_status {
        return guard<typename Kind::Errors>(error, [&] {
          using Spec = typename Kind::Spec;
          const Context<Spec> context{&require_complete(host, "clh_host"),
                                      &require_complete(static_cast<const Spec*>(spec), "the spec")};
          void* self = Kind::template wrap<T>(
              construct<T>(context,
                           read_options<typename T::Options>(values)));
          out->vtable = Kind::template table<T>();
          out->self = self;
          out->component = &component;
        });
      },
      [](const char* extension) noexcept -> const void* {
        if (std::strcmp(extension, "clh.state/1") == 0) {
          return state_extension<Kind, T>();
        }
        return Kind::template extension<T>(extension);
      }};
  return {&component, Kind::torch()};
}

/// The plugin's table; the same one at every call. `identity`: id, version, license,
/// fingerprint, capabilities.
template <class... Components>
const clh_plugin* plugin_table(const char* const identity[5], Components... described) {
  static const clh_component* const components[] = {described.component...};
  static const clh_torch_ext torch = [&] {
    TorchSizes sizes;
    ((sizes = described.torch.tensor != 0 ? described.torch : sizes), ...);
    return clh_torch_ext{sizeof(clh_torch_ext), sizes.tensor, sizes.tensor_alignment,
                         sizes.generator, identity[3]};
  }();
  static const clh_plugin plugin{
      sizeof(clh_plugin), CLH_ABI_MAJOR, CLH_ABI_MINOR, CLH_TARGET_MINOR, sizeof...(described),
      identity[0], identity[1], identity[2], nullptr, nullptr, components,
      [](const char* id) noexcept -> const void* {
        return torch.sizeof_tensor != 0 && std::strcmp(id, "clh.torch/1") == 0 ? &torch : nullptr;
      },
      nullptr};
  return &plugin;
}

}  // namespace clh

/// Names the components of this plugin; once per .so. The only macro, because extern "C" cannot
/// come from a template.
#define CLH_PLUGIN(...)                                                                   \
  extern "C" CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host*,               \
                                                           clh_error* error) {            \
    const clh_plugin* table = nullptr;                                                    \
    static_cast<void>(clh::guard<clh::NeutralErrors>(error, [&] {                         \
      table = clh::plugin_table(clh_plugin_identity, __VA_ARGS__);                        \
    }));                                                                                  \
    return table;                                                                         \
  }                                                                                       \
  static_assert(true, "needs a trailing semicolon")
