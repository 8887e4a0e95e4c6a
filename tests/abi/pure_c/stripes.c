/* Stripes: ten classes of 8x8 pictures that need no file; every tenth pixel of class c is bright,
   from pixel c on. A dataset in C that is read by index, without LibTorch. */
#include <clh/note.h>

#include <stdio.h>
#include <stdlib.h>

enum { PIXELS = 64, CLASSES = 10, TRAIN = 200, TEST = 50 };

CLH_NOTE("id=org.clh.test.c-stripes\nversion=1.0.0\nlicense=MIT\nprovides=dataset:c-stripes\nneeds=\n");

static void destroy(void* self) {
  free(self);
}

static const clh_dataset_info* info(void* self) {
  static const double mean[] = {0.5}, deviation[] = {0.25};
  static const clh_dataset_info table = {sizeof(clh_dataset_info), CLH_U8, {3, {1, 8, 8}}, CLASSES,
                                         {TRAIN, TEST, 0}, NULL, 0, 255, mean, deviation, NULL,
                                         "MIT", "made by the plugin itself", "nothing to get"};
  (void)self;
  return &table;
}

static clh_status open_files(void* self, clh_error* error) {
  (void)self;
  (void)error;
  return CLH_OK;
}

/* A pixel's noise depends on its place alone, so samples may be asked for in any order. */
static unsigned noise_at(unsigned place) {
  place = (place ^ 61U) ^ (place >> 16U);
  place *= 9U;
  place ^= place >> 4U;
  place *= 0x27d4eb2dU;
  return (place ^ (place >> 15U)) % 64U;
}

static clh_status refuse(clh_error* error, int64_t size, int64_t found) {
  if (error != NULL) {
    error->code = CLH_E_INVALID;
    snprintf(error->message, sizeof error->message,
             "[get] expected samples in [0, %lld), found %lld", (long long)size, (long long)found);
  }
  return CLH_E_INVALID;
}

static clh_status get(void* self, int32_t split, const int64_t* index, int64_t n, void* x, int64_t* y,
                      clh_error* error) {
  unsigned char* pixel = (unsigned char*)x;
  const int64_t size = split == CLH_TRAIN ? TRAIN : split == CLH_TEST ? TEST : 0;
  (void)self;
  for (int64_t i = 0; i < n; ++i) {
    if (index[i] < 0 || index[i] >= size) {
      return refuse(error, size, index[i]);
    }
    const int64_t label = index[i] % CLASSES;
    y[i] = label;
    for (int64_t p = 0; p < PIXELS; ++p) {
      const unsigned place = (unsigned)((index[i] + TRAIN * split) * PIXELS + p);
      *pixel++ = (unsigned char)((p % CLASSES == label ? 150U : 40U) + noise_at(place));
    }
  }
  return CLH_OK;
}

static const clh_dataset_vt table = {sizeof(clh_dataset_vt), 0, destroy, info, open_files, get};

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  (void)host;
  (void)spec;
  (void)args;
  (void)error;
  void* self = malloc(1);
  if (self == NULL) {
    return CLH_E_NOMEM;
  }
  out->vtable = &table;
  out->self = self;
  return CLH_OK;
}

static const clh_component component = {
    sizeof(clh_component), CLH_DATASET, "c-stripes", "Stripes in C",
    "Ten classes of 8x8 pictures, made by C code", NULL, NULL, 0, 0, NULL, create, NULL};
static const clh_component* const components[] = {&component};

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_plugin plugin = {sizeof(clh_plugin), CLH_ABI_MAJOR, CLH_ABI_MINOR,
                                    CLH_TARGET_MINOR, 1, "org.clh.test.c-stripes", "1.0.0", "MIT",
                                    NULL, NULL, components, NULL, NULL};
  (void)host;
  (void)error;
  return &plugin;
}
