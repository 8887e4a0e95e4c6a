/* Waves: square waves of four frequencies, 64 steps long, one class a frequency. A dataset in C
   that needs nothing but the C library. */
#include <clh/abi.h>
#include <clh/note.h>

#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 64, CLASSES = 4 };

CLH_NOTE("id=com.acme.waves\n"
         "version=1.0.0\n"
         "license=MIT\n"
         "provides=dataset:acme-waves\n"
         "needs=\n");

static clh_status fail(clh_error* error, clh_status code, const char* message) {
  if (error != NULL) {
    error->code = code;
    snprintf(error->message, sizeof error->message, "%s", message);
  }
  return code;
}

/* What the host asks for: one option, of type integer, at least 1, 100 if the user says nothing. */
static const clh_param params[] = {{sizeof(clh_param), CLH_HAS_MIN, "per-class",
                                    "waves of each class in each split", NULL, CLH_INT, 0,
                                    {CLH_INT, 1, {100}}, 1, 0, NULL}};

/* An instance. */
typedef struct waves {
  clh_dataset_info info;
} waves;

static void destroy(void* self) {
  free(self);
}

static const clh_dataset_info* info(void* self) {
  return &((const waves*)self)->info;
}

static clh_status open_files(void* self, clh_error* error) { /* there are none */
  (void)self;
  (void)error;
  return CLH_OK;
}

/* A hash, so that a sample depends on its number alone and may be asked for at any time. */
static uint32_t noise(uint32_t n) {
  n = (n ^ (n >> 16U)) * 0x7feb352dU;
  n = (n ^ (n >> 15U)) * 0x846ca68bU;
  return n ^ (n >> 16U);
}

static clh_status get(void* self, int32_t split, const int64_t* index, int64_t n, void* x,
                      int64_t* y, clh_error* error) {
  const int64_t size = ((const waves*)self)->info.size[split];
  uint8_t* value = (uint8_t*)x; /* [n, STEPS] */
  for (int64_t i = 0; i < n; ++i) {
    if (index[i] < 0 || index[i] >= size) {
      return fail(error, CLH_E_INVALID, "[get] expected an index below the size, found another");
    }
    const uint32_t first = (uint32_t)(index[i] * 2 + split) * STEPS;
    const int64_t frequency = index[i] % CLASSES + 1;
    y[i] = frequency - 1;
    for (int64_t step = 0; step < STEPS; ++step) {
      const int high = (step * frequency * 2 / STEPS) % 2 == 0;
      *value++ = (uint8_t)((high ? 128U : 0U) + noise(first + (uint32_t)step) % 128U);
    }
  }
  return CLH_OK;
}

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  static const clh_dataset_vt table = {sizeof table, 0, destroy, info, open_files, get};
  const int64_t size = args[0].u.i * CLASSES;
  const clh_dataset_info made = {sizeof made, CLH_U8, {1, {STEPS}}, CLASSES, {size, size, 0}, NULL,
                                 0, 255, NULL, NULL, NULL, "MIT", "made by the plugin",
                                 "nothing to get"};
  waves* self = (waves*)malloc(sizeof *self);
  (void)host;
  (void)spec;
  if (self == NULL) {
    return fail(error, CLH_E_NOMEM, "[create] expected memory for an instance, found none");
  }
  self->info = made;
  out->vtable = &table;
  out->self = self;
  return CLH_OK;
}

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_component component = {
      sizeof component, CLH_DATASET, "acme-waves", "Square waves", "Square waves of 4 frequencies",
      NULL, NULL, 1, 0, params, create, NULL};
  static const clh_component* const components[] = {&component};
  static const clh_plugin plugin = {sizeof plugin, CLH_ABI_MAJOR, CLH_ABI_MINOR, CLH_TARGET_MINOR,
                                    1, "com.acme.waves", "1.0.0", "MIT", NULL, NULL, components,
                                    NULL, NULL};
  (void)host;
  (void)error;
  return &plugin;
}
