/* Drill: a dataset that says in `source` what it sees of its host's table. It is compiled with the
   header of this minor, with the next one lowered to this minor, and with the next one; by C and C++
   compilers. With MISUSE it uses the next minor's member without asking. */
#include <clh/abi.h>

#include <stdio.h>
#include <stdlib.h>

/* While the major is 0 the minors must be equal, so the note says the minor that is aimed at, where
   clh/note.h would say the header's. */
#define NOTE                                                                                    \
  "clh-plugin 1\nabi=0.1 min=0.1\nid=org.clh.test.drill\nversion=1.0.0\nlicense=MIT\n"          \
  "provides=dataset:drill\nneeds=\n"
static const struct {
  uint32_t name_size, text_size, type;
  char name[4], text[sizeof(NOTE)];
} note __attribute__((section(".note.clh"), used, aligned(4))) = {4, sizeof(NOTE), 1, "clh", NOTE};

typedef struct drill {
  clh_dataset_info info;
  char source[64];
} drill;

static void destroy(void* self) {
  free(self);
}

static const clh_dataset_info* info(void* self) {
  return &((drill*)self)->info;
}

static clh_status open_files(void* self, clh_error* error) {
  (void)self;
  (void)error;
  return CLH_OK;
}

static clh_status get(void* self, int32_t split, const int64_t* index, int64_t n, void* x, int64_t* y,
                      clh_error* error) {
  float* value = (float*)x;
  (void)self;
  (void)split;
  (void)error;
  for (int64_t i = 0; i < n; ++i) {
    y[i] = index[i] % 10;
    *value++ = (float)y[i];
  }
  return CLH_OK;
}

static const clh_dataset_vt table = {sizeof(clh_dataset_vt), 0, destroy, info, open_files, get};

static void look_at(const clh_host* host, char* text, size_t size) {
#ifdef MISUSE
  snprintf(text, size, "%lld", (long long)host->uptime(host->ctx));
#elif CLH_TARGET_MINOR > 1
  if (CLH_HAS(clh_host, host, uptime)) {
    snprintf(text, size, "uptime %lld", (long long)host->uptime(host->ctx));
  } else {
    snprintf(text, size, "no uptime in %u bytes", host->struct_size);
  }
#else
  snprintf(text, size, "a host of %u bytes", host->struct_size);
#endif
}

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  drill* self = (drill*)calloc(1, sizeof(drill));
  (void)spec;
  (void)args;
  (void)error;
  if (self == NULL) {
    return CLH_E_NOMEM;
  }
  look_at(host, self->source, sizeof self->source);
  self->info.struct_size = sizeof self->info;
  self->info.dtype = CLH_F32;
  self->info.sample.rank = 1;
  self->info.sample.dim[0] = 1;
  self->info.n_classes = 10;
  self->info.size[CLH_TRAIN] = self->info.size[CLH_TEST] = 20;
  self->info.high = 9;
  self->info.license = self->info.how = "";
  self->info.source = self->source;
  out->vtable = &table;
  out->self = self;
  return CLH_OK;
}

static const clh_component component = {
    sizeof(clh_component), CLH_DATASET, "drill", "Drill", "Looks at its host", NULL, NULL, 0, 0,
    NULL, create, NULL};
static const clh_component* const components[] = {&component};

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_plugin plugin = {sizeof(clh_plugin), CLH_ABI_MAJOR, 1, 1, 1,
                                    "org.clh.test.drill", "1.0.0", "MIT", NULL, NULL, components,
                                    NULL, NULL};
  (void)host;
  (void)error;
  return &plugin;
}
