// HostileRun: a model and a backbone on the bare C tables, without SDK and LibTorch, that do what
// no plugin may do as soon as they are told to (option `fault`, from training step `at` on).
#include <clh/abi.h>

#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

#include <dlpack/dlpack.h>
#include <unistd.h>

#define PLUGIN_NOTE                                                                     \
  "clh-plugin 1\nabi=0.2 min=0.2\nid=org.clh.hostile.run\nversion=0.1.0\nlicense=MIT\n" \
  "provides=model:hostile-run "                                                         \
  "backbone:hostile-backbone\nneeds=\ncaps=model:hostile-run=class-il\n"
#include "note_section.h"

namespace {

clh_status fail(clh_error* error, const char* text) {
  std::snprintf(error->message, sizeof error->message, "%s", text);
  return CLH_E_INTERNAL;
}

/// What any call may do instead of returning.
void misbehave(const std::string& fault) {
  if (fault == "throws-int") {
    throw 42;  // NOLINT: the point
  }
  if (fault == "throws") {
    throw std::runtime_error("expected a return, found a throw");
  }
  if (fault == "segfaults") {
    std::raise(SIGSEGV);
  }
  if (fault == "aborts") {
    std::abort();
  }
  if (fault == "exits") {
    std::exit(0);
  }
  while (fault == "hangs") {
    ::pause();
  }
}

struct Model {
  const clh_host* host;
  const clh_model_spec* spec;
  std::string fault, place;
  std::int64_t at;
  std::int64_t count = 0;  // observed, its state

  bool here(const char* where) const { return place == where; }
};

Model& model(void* self) {
  return *static_cast<Model*>(self);
}

/// Uses the network once, so that recorded calls are nested.
clh_status use_network(const Model& m, const clh_tensor* x, clh_error* error) {
  clh_tensor* out = nullptr;
  const auto status = m.spec->net_vt->forward(m.spec->net, x, &out, error);
  if (status == CLH_OK) {
    m.host->tensor_release(out);
  }
  return status;
}

clh_status draw_on_another_thread(const Model& m, clh_error* error) {
  auto status = static_cast<clh_status>(CLH_OK);
  std::thread([&] {
    std::uint64_t word = 0;
    status = m.host->rng_words(m.host->ctx, "method", &word, 1, error);
  }).join();
  return status;
}

clh_status observe(void* self, const clh_batch* batch, double* loss, clh_error* error) {
  auto& m = model(self);
  ++m.count;
  if (m.here("network") && batch->step >= m.at) {
    const auto status = use_network(m, batch->x, error);
    if (status != CLH_OK) {
      return status;
    }
  }
  if (batch->step < m.at || !(m.here("observe") || m.here("network"))) {
    *loss = 1;
    return CLH_OK;
  }
  misbehave(m.fault);
  if (m.fault == "forgets-the-result") {
    return CLH_OK;
  }
  if (m.fault == "fails-silently") {
    return CLH_E_INTERNAL;
  }
  if (m.fault == "draws-on-another-thread") {
    return draw_on_another_thread(m, error);
  }
  *loss = m.fault == "nan" ? std::nan("") : 1;
  if (m.fault == "writes-then-fails") {
    return fail(error, "expected ink, found a dry pen");
  }
  if (m.fault == "leaks") {
    m.host->tensor_retain(const_cast<clh_tensor*>(batch->x));
    std::memset(std::malloc(1 << 16), 1, 1 << 16);
  } else if (m.fault == "leaves-a-thread" && batch->step == m.at) {
    std::thread([] {
      for (;;) {
        ::pause();
      }
    }).detach();
  } else if (m.fault == "steals-a-signal") {
    std::signal(SIGINT, SIG_IGN);
  } else if (m.fault == "prints") {
    std::printf("{\"not\": \"yours\"}\n");
  } else if (m.fault == "sets-the-environment") {
    ::setenv("CLH_HOSTILE_WAS_HERE", "1", 1);
  } else if (m.fault == "crashes-at-exit" && batch->step == m.at) {
    std::atexit([] { std::raise(SIGSEGV); });
  }
  return CLH_OK;
}

clh_status predict(void* self, const clh_query* query, clh_tensor** out, clh_error* error) {
  auto& m = model(self);
  misbehave(m.fault);
  if (m.fault == "forgets-the-result") {
    return CLH_OK;
  }
  if (m.fault == "writes-then-fails") {
    *out = reinterpret_cast<clh_tensor*>(0x10);  // not even a tensor
    return fail(error, "expected ink, found a dry pen");
  }
  return m.spec->net_vt->forward(m.spec->net, query->x, out, error);
}

void destroy(void* self) {
  const Model* m = &model(self);
  if (m->here("destroy")) {
    misbehave(m->fault);
  }
  delete m;
}

const clh_model_vt* model_table(const Model& m) {
  static clh_model_vt table{};
  table = {};
  table.struct_size = m.fault == "short-table" ? 16 : sizeof table;
  table.destroy = m.fault == "no-destroy" ? nullptr : destroy;
  table.observe = m.fault == "no-observe" ? nullptr : observe;
  table.predict = m.here("predict") ? predict : nullptr;
  return &table;
}

clh_status create_model(const clh_host* host, const void* spec, const clh_value* args,
                        clh_object* out, clh_error* error) {
  auto* m = new (std::nothrow)
      Model{host, static_cast<const clh_model_spec*>(spec), args[0].u.s, args[1].u.s, args[2].u.i};
  if (m->here("create")) {
    misbehave(m->fault);
    if (m->fault == "forgets-the-result") {
      return CLH_OK;
    }
    if (m->fault == "fails-silently") {
      return CLH_E_NOMEM;
    }
  }
  static_cast<void>(error);
  out->vtable = model_table(*m);
  out->self = m;
  return CLH_OK;
}

clh_status put(const clh_writer* writer, const char* key, std::int64_t number, clh_error* error) {
  clh_value v{};
  v.type = CLH_INT;
  v.n = 1;
  v.u.i = number;
  return writer->value(writer->ctx, key, &v, error);
}

clh_status save(void* self, const clh_writer* writer, clh_error* error) {
  auto& m = model(self);
  const auto status = put(writer, "count", m.count, error);
  if (status != CLH_OK || !m.here("save")) {
    return m.here("load") && status == CLH_OK ? put(writer, "mood", 1, error) : status;
  }
  misbehave(m.fault);
  if (m.fault == "fails") {
    return fail(error, "expected tape, found the end of it");
  }
  if (m.fault == "says-it-twice") {
    return put(writer, "count", m.count, error);
  }
  return m.fault == "fails-silently" ? CLH_E_IO : CLH_OK;
}

clh_status load(void* self, std::uint32_t, const clh_reader* reader, clh_error* error) {
  auto& m = model(self);
  clh_value v{};
  if (m.here("load") && m.fault == "asks-for-more") {
    return reader->value(reader->ctx, "moon", CLH_INT, &v, error);
  }
  if (m.here("load") && m.fault == "asks-for-another-type") {
    return reader->value(reader->ctx, "count", CLH_REAL, &v, error);
  }
  if (m.here("load") && m.fault == "leaves-too-often") {
    reader->leave(reader->ctx, error);
    return reader->leave(reader->ctx, error);
  }
  const auto status = reader->value(reader->ctx, "count", CLH_INT, &v, error);
  m.count = status == CLH_OK ? v.u.i : 0;
  if (m.here("load") && m.fault == "lies") {
    m.count += 7;
  }
  return m.here("load") && m.fault != "ignores" && status == CLH_OK
             ? reader->value(reader->ctx, "mood", CLH_INT, &v, error)
             : status;
}

const void* model_extension(const char* id) {
  static const clh_state_ext state{sizeof(clh_state_ext), 1, save, load};
  return std::strcmp(id, "clh.state/1") == 0 ? &state : nullptr;
}

/// Four features of nothing; it can misbehave below a model.
struct Backbone {
  const clh_host* host;
  std::string fault, place;
  std::int64_t at, calls = 0;
  bool training = false;
};

Backbone& backbone(void* self) {
  return *static_cast<Backbone*>(self);
}

struct Zeros {
  DLManagedTensor managed{};
  std::int64_t sizes[2];
  float* data;
};

clh_status zeros(Backbone& b, std::int64_t rows, clh_tensor** out, clh_error* error) {
  auto* made = new Zeros{{}, {rows, 4}, static_cast<float*>(std::calloc(rows * 4, sizeof(float)))};
  made->managed.dl_tensor.data = made->data;
  made->managed.dl_tensor.device = {kDLCPU, 0};
  made->managed.dl_tensor.ndim = 2;
  made->managed.dl_tensor.dtype = {kDLFloat, 32, 1};
  made->managed.dl_tensor.shape = made->sizes;
  made->managed.manager_ctx = made;
  made->managed.deleter = [](DLManagedTensor* self) {
    auto* mine = static_cast<Zeros*>(self->manager_ctx);
    std::free(mine->data);
    delete mine;
  };
  if (b.place == "deleter") {
    made->managed.deleter = [](DLManagedTensor*) { std::raise(SIGSEGV); };
  }
  return b.host->tensor_from_dlpack(b.host->ctx, &made->managed, out, error);
}

clh_status features(void* self, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  auto& b = backbone(self);
  if (b.place == "features" && b.training && b.calls++ >= b.at) {
    misbehave(b.fault);
  }
  DLManagedTensor* seen = nullptr;
  const auto status = b.host->tensor_to_dlpack(b.host->ctx, x, &seen, error);
  if (status != CLH_OK) {
    return status;
  }
  const auto rows = seen->dl_tensor.shape[0];
  seen->deleter(seen);
  return zeros(b, rows, out, error);
}

clh_status create_backbone(const clh_host* host, const void*, const clh_value* args,
                           clh_object* out, clh_error*) {
  static clh_backbone_vt table{};
  table.struct_size = sizeof table;
  table.destroy = [](void* self) { delete &backbone(self); };
  table.features = features;
  table.feature_shape = [](void*, clh_shape* shape) { *shape = {1, {4}}; };
  table.parameters = [](void*, const clh_tensor_sink*, clh_error*) -> clh_status { return CLH_OK; };
  table.set_training = [](void* self, std::int32_t on, clh_error*) -> clh_status {
    backbone(self).training = on != 0;
    return CLH_OK;
  };
  out->vtable = &table;
  out->self = new Backbone{host, args[0].u.s, args[1].u.s, args[2].u.i};
  return CLH_OK;
}

clh_param text_option(const char* name, const char* doc) {
  clh_param p{};
  p.struct_size = sizeof p;
  p.name = name;
  p.doc = doc;
  p.type = CLH_STRING;
  p.def.type = CLH_STRING;
  p.def.n = 1;
  p.def.u.s = "none";
  return p;
}

clh_param step_option() {
  auto p = text_option("at", "the first training step, or call, that goes wrong");
  p.type = CLH_INT;
  p.def.type = CLH_INT;
  p.def.u.i = 3;
  return p;
}

}  // namespace

extern "C" CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host*, clh_error*) {
  static const clh_param params[] = {text_option("fault", "what goes wrong"),
                                     text_option("place", "the call in which it goes wrong"),
                                     step_option()};
  static const char* const caps[] = {"class-il", nullptr};
  static const clh_component run{sizeof(clh_component),
                                 CLH_MODEL,
                                 "hostile-run",
                                 "A model that breaks the contract",
                                 "A model that breaks the contract",
                                 nullptr,
                                 caps,
                                 3,
                                 0,
                                 params,
                                 create_model,
                                 model_extension};
  static const clh_component below{sizeof(clh_component),
                                   CLH_BACKBONE,
                                   "hostile-backbone",
                                   "A backbone that breaks the contract",
                                   "A backbone that breaks the contract",
                                   nullptr,
                                   nullptr,
                                   3,
                                   0,
                                   params,
                                   create_backbone,
                                   nullptr};
  static const clh_component* const components[] = {&run, &below};
  static const clh_plugin plugin{sizeof(clh_plugin),
                                 CLH_ABI_MAJOR,
                                 CLH_ABI_MINOR,
                                 CLH_TARGET_MINOR,
                                 2,
                                 "org.clh.hostile.run",
                                 "0.1.0",
                                 "MIT",
                                 nullptr,
                                 nullptr,
                                 components,
                                 nullptr,
                                 nullptr};
  return &plugin;
}
