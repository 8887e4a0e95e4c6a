#include "core/instances/instance_host.hpp"

#include <ATen/DLConvertor.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "core/abi/core_errors.hpp"
#include "core/abi/dlpack_tensor.hpp"
#include "core/abi/error_text.hpp"
#include "core/abi/shape_check.hpp"
#include "core/instances/vjp_node.hpp"
#include "core/lut/lut_function.hpp"
#include "core/text/terminal_text.hpp"
#include "core/version.hpp"
#include <spdlog/logger.h>

namespace clh::core {
namespace {

InstanceHost& self(void* ctx) {
  return *static_cast<InstanceHost*>(ctx);
}

/// Errors: StatusError on a thread for which the function is not meant (rule R7).
void require_main_thread(const RunContext& run, const char* function) {
  if (std::this_thread::get_id() != run.main_thread) {
    throw StatusError(CLH_E_STATE,
                      std::string(function) + ": expected the main thread, found another");
  }
}

void log(void* ctx, std::int32_t level, const char* text) {
  auto& host = self(ctx);
  host.run().log->log(static_cast<spdlog::level::level_enum>(
                          std::clamp(level, 0, static_cast<std::int32_t>(spdlog::level::critical))),
                      "[{}] {}", host.path(), text);
}

void metric(void* ctx, const char* key, double value) {
  if (key != nullptr) {
    self(ctx).run().metrics[key] = value;
  }
}

void metric_at(void* ctx, const char* key, std::int64_t step, double value) {
  if (key != nullptr) {
    self(ctx).run().metric_points.push_back({key, step, value});
  }
}

std::int32_t should_stop(void* ctx) {
  const auto* stop = self(ctx).run().stop;
  return stop != nullptr && *stop != 0 ? 1 : 0;
}

const void* get_extension(void* ctx, const char* id) {
  if (std::strcmp(id, "clh.lut/1") == 0) {
    return lut_extension();
  }
  const auto& offered = self(ctx).run().extensions;
  const auto found = offered.find(id);
  return found == offered.end() ? nullptr : found->second;
}

clh_status rng_words(void* ctx, const char* stream, std::uint64_t* out, std::int64_t n,
                     clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto& host = self(ctx);
    require_main_thread(host.run(), "rng_words");
    host.run().streams.stream(host.path(), stream).words(out, n);
  });
}

clh_status rng_torch(void* ctx, const char* stream, clh_generator** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    auto& host = self(ctx);
    require_main_thread(host.run(), "rng_torch");
    auto generator = host.run().generators.generator(host.path(), stream);
    *out = reinterpret_cast<clh_generator*>(
        c10::intrusive_ptr<c10::GeneratorImpl>(generator.getIntrusivePtr()).release());
  });
}

clh_status create(void* ctx, const clh_factory* factory, const void* spec, clh_object* out,
                  clh_error* error) {
  return guard<CoreErrors>(error, [&] {
    require_main_thread(self(ctx).run(), "create");
    self(ctx).create(*factory, spec, "init", out);
  });
}

void tensor_retain(clh_tensor* tensor) {
  static_cast<void>(give(borrow(tensor)));
}
void tensor_release(clh_tensor* tensor) {
  static_cast<void>(adopt(tensor));
}

clh_status from_dlpack(void*, DLManagedTensor* managed, clh_tensor** out, clh_error* error) {
  DlpackTensor owned(managed);
  return guard<CoreErrors>(error, [&] { *out = give(owned.take()); });
}

clh_status to_dlpack(void*, const clh_tensor* tensor, DLManagedTensor** out, clh_error* error) {
  return guard<CoreErrors>(error, [&] { *out = at::toDLPack(borrow(tensor).detach()); });
}

/// The function by which a kind tells the shape of what it makes.
struct MadeShape {
  const char* call = "";
  clh_dims_fn* function = nullptr;
  std::int64_t least_rank = 1;
};

MadeShape made_shape(const clh_object& made) {
  switch (made.component->kind) {
    case CLH_BACKBONE:
      return {"feature_shape", static_cast<const clh_backbone_vt*>(made.vtable)->feature_shape, 0};
    case CLH_ENCODER:
      return {"output_shape", static_cast<const clh_encoder_vt*>(made.vtable)->output_shape};
    case CLH_LAYER:
      return {"output_shape", static_cast<const clh_layer_vt*>(made.vtable)->output_shape};
    default:
      return {};
  }
}

}  // namespace

InstanceHost::InstanceHost(RunContext& run, std::string config_path, std::string path)
    : run_(&run), config_path_(std::move(config_path)), path_(std::move(path)) {
  table_.struct_size = sizeof table_;
  table_.abi_major = CLH_ABI_MAJOR;
  table_.abi_minor = CLH_ABI_MINOR;
  table_.name = "cl-host";
  table_.version = kVersion;
  table_.ctx = this;
  table_.log = log;
  table_.metric = metric;
  table_.should_stop = should_stop;
  table_.get_extension = get_extension;
  table_.rng_words = rng_words;
  table_.rng_torch = rng_torch;
  table_.create = core::create;
  table_.tensor_retain = tensor_retain;
  table_.tensor_release = tensor_release;
  table_.tensor_from_dlpack = from_dlpack;
  table_.tensor_to_dlpack = to_dlpack;
  table_.metric_at = metric_at;
}

std::string InstanceHost::child_path(const std::string& config_path) const {
  const bool below = config_path.compare(0, config_path_.size(), config_path_) == 0;
  auto path = below ? path_ + config_path.substr(config_path_.size()) : config_path;
  const auto made = std::count_if(children_.begin(), children_.end(), [&](const auto& child) {
    return child->config_path_ == config_path;
  });
  return made == 0 ? path : path + "#" + std::to_string(made);
}

void InstanceHost::create(const clh_factory& factory, const void* spec, const char* init_stream,
                          clh_object* out) {
  auto& child = *children_.emplace_back(
      std::make_unique<InstanceHost>(*run_, factory.path, child_path(factory.path)));
  const auto& component = *factory.component;
  auto error = empty_error();
  clh_object made{};
  clh_status status = CLH_OK;
  {
    const DefaultGeneratorScope seeded(derive_key(run_->seed, child.path(), init_stream).value);
    const ScopedCallRecord scope(run_->library->page(), call_record(*run_, component), "create",
                                 run_->position);
    try {
      status = component.create(child.table(), spec, factory.args, &made, &error);
    } catch (...) {
      throw_escaped(*run_, component, "create");
    }
  }
  if (status != CLH_OK) {
    throw_status(*run_, component, "create", status, error);
  }
  if (made.vtable == nullptr || made.self == nullptr) {
    throw PluginError(run_->library->owner(component).label(), component.id,
                      call_and_position(*run_, "create"), CLH_E_INTERNAL,
                      "expected an instance, found none");
  }
  made.component = &component;
  try {
    *out = child.adopt_instance(made, spec);
  } catch (const StatusError& e) {
    throw PluginError(run_->library->owner(component).label(), component.id,
                      call_and_position(*run_, "create"), e.code, e.what());
  }
}

clh_object InstanceHost::adopt_instance(const clh_object& made, const void* spec) {
  instance_table_ = InstanceTable(made.component->kind, made.vtable);
  const clh_object whole{instance_table_.get(), made.self, made.component};
  // Every kind's table starts with struct_size, reserved, destroy.
  const auto& table = instance_table_.as<clh_node_vt>();
  try {
    if (const auto defect = instance_table_.defect(); !defect.empty()) {
      throw StatusError(CLH_E_INTERNAL, defect);
    }
    require_sound_shape(whole);
    if (made.component->kind != CLH_NODE || table.forward != nullptr) {
      return whole;
    }
    if (vjp_extension(*made.component) == nullptr) {
      throw StatusError(CLH_E_INTERNAL, "expected the required function forward, found none");
    }
    const CallRecorder recorder{run_->library->page(), call_record(*run_, *made.component),
                                &run_->position};
    return wrap_vjp_node(whole, *static_cast<const clh_node_spec*>(spec), recorder);
  } catch (...) {
    if (table.destroy != nullptr) {
      table.destroy(made.self);
    }
    throw;
  }
}

void InstanceHost::require_sound_shape(const clh_object& made) const {
  const auto [call, function, least_rank] = made_shape(made);
  if (function == nullptr) {
    return;
  }
  clh_shape shape{};
  try {
    const ScopedCallRecord scope(run_->library->page(), call_record(*run_, *made.component), call,
                                 run_->position);
    function(made.self, &shape);
  } catch (...) {
    throw_escaped(*run_, *made.component, call);
  }
  if (const auto defect = shape_defect(shape, least_rank)) {
    throw PluginError(run_->library->owner(*made.component).label(), made.component->id,
                      call_and_position(*run_, call), CLH_E_INTERNAL, defect->text());
  }
}

void throw_status(const RunContext& run, const clh_component& component, const char* call,
                  clh_status status, const clh_error& error) {
  const bool asked_to_stop = run.stop != nullptr && *run.stop != 0;
  if (status == CLH_E_STOP && asked_to_stop) {
    throw Stopped();
  }
  const auto label = run.library->owner(component).label();
  const auto place = call_and_position(run, call);
  const auto text = message_of(error, "expected a message with the failure, found none");
  if (status == CLH_E_INVALID || status == CLH_E_IO || status == CLH_E_UNSUPPORTED) {
    throw Error("plugin-error", label + " in " + place + ": " + text,
                std::string("cl-host describe ") + component.id, kExitUsage);
  }
  throw PluginError(label, component.id, place, status, text);
}

void throw_escaped(const RunContext& run, const clh_component& component, const char* call) {
  std::string found = "an exception of a foreign type";
  try {
    throw;
  } catch (const std::exception& e) {
    const std::string_view what = e.what();
    found = "the exception: " + terminal_text(std::string(what.substr(0, what.find('\n'))));
  } catch (...) {  // its type says nothing
  }
  throw PluginError(run.library->owner(component).label(), component.id,
                    call_and_position(run, call), CLH_E_INTERNAL,
                    "expected a status, found " + found);
}

std::string call_and_position(const RunContext& run, const char* call) {
  return call + run.position.text();
}

CallRecord call_record(const RunContext& run, const clh_component& component) {
  return run.library->page() == nullptr
             ? CallRecord()
             : CallRecord(run.library->owner(component).label(), component.id);
}

}  // namespace clh::core
