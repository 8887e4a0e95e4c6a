/* Drill: a dataset that says in `source` what it sees of its host's table. It is compiled with the
   header of this minor, with the next one lowered to this minor, with the next one, and with those kept
   of older minors; by C and C++ compilers. With MISUSE it uses the next minor's member without asking. */
#include <clh/abi.h>

#include <stdio.h>
#include <stdlib.h>

/* The header's minor and the one that is aimed at, as clh/note.h writes them; the headers kept from
   before it do not need it. */
#ifndef MIN_HOST /* a plugin that looks before it uses a newer member may say less */
#define MIN_HOST CLH_TARGET_MINOR
#endif
#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#define NOTE                                                                                    \
  "clh-plugin 1\nabi=0." TEXT(CLH_ABI_MINOR) " min=0." TEXT(MIN_HOST)                            \
  "\nid=org.clh.test.drill\nversion=1.0.0\nlicense=MIT\n"                                       \
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
#elif CLH_TARGET_MINOR > 2
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
  (void)error;
  if (self == NULL) {
    return CLH_E_NOMEM;
  }
  if (args != NULL && (args[0].u.i != 7 || args[1].u.r != 0.25)) { /* what the test gives */
    free(self);
    return CLH_E_INVALID;
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

static clh_param params[2]; /* as long as this header says */
static const clh_component component = {
    sizeof(clh_component), CLH_DATASET, "drill", "Drill", "Looks at its host", NULL, NULL, 2, 0,
    params, create, NULL};
static const clh_component* const components[] = {&component};

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_plugin plugin = {
      sizeof(clh_plugin), CLH_ABI_MAJOR, CLH_ABI_MINOR, MIN_HOST, 1,
      "org.clh.test.drill", "1.0.0", "MIT", NULL, NULL, components, NULL, NULL};
  params[0].struct_size = params[1].struct_size = sizeof(clh_param);
  params[0].name = "first";
  params[0].doc = params[1].doc = "an option";
  params[0].type = params[0].def.type = CLH_INT;
  params[0].def.n = params[1].def.n = 1;
  params[1].name = "second";
  params[1].type = params[1].def.type = CLH_REAL;
  (void)host;
  (void)error;
  return &plugin;
}
