/* Threshold: two bits for each value, [x > low + range / 3] and [x > low + 2 range / 3], the range
   of all values as fit() saw them. An encoder in C: values come and go as DLPack. */
#include <clh/note.h>
#include <dlpack/dlpack.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BITS = 2 };

CLH_NOTE("id=org.clh.test.c-threshold\nversion=1.0.0\nlicense=MIT\nprovides=encoder:c-threshold\nneeds=\n");

typedef struct threshold {
  const clh_host* host;
  clh_shape input;
  int64_t features; /* D */
  int32_t fitted;
  float levels[BITS];
} threshold;

static clh_status fail(clh_error* error, clh_status code, const char* text) {
  if (error != NULL) {
    error->code = code;
    snprintf(error->message, sizeof error->message, "%s", text);
  }
  return code;
}

static void destroy(void* p) {
  free(p);
}

static void output_shape(void* p, clh_shape* out) {
  const threshold* self = (const threshold*)p;
  *out = self->input;
  out->dim[out->rank++] = BITS;
}

/* Borrows x as rows of `features` floats; the caller calls the deleter. */
static clh_status borrow_rows(const threshold* self, const clh_tensor* x, DLManagedTensor** borrowed,
                              const float** rows, int64_t* n, clh_error* error) {
  const clh_status status =
      self->host->tensor_to_dlpack(self->host->ctx, x, borrowed, error);
  if (status != CLH_OK) {
    return status;
  }
  const DLTensor* t = &(*borrowed)->dl_tensor;
  int64_t count = 1;
  for (int i = 1; i < t->ndim; ++i) {
    count *= t->shape[i];
  }
  if (t->dtype.code != kDLFloat || t->dtype.bits != 32 || t->ndim < 1 || count != self->features) {
    (*borrowed)->deleter(*borrowed);
    return fail(error, CLH_E_INVALID, "[input] expected float32 rows of the input's size, found others");
  }
  *rows = (const float*)((const char*)t->data + t->byte_offset);
  *n = t->shape[0];
  return CLH_OK;
}

static clh_status fit(void* p, const clh_tensor* x, clh_error* error) {
  threshold* self = (threshold*)p;
  DLManagedTensor* borrowed = NULL;
  const float* rows = NULL;
  int64_t n = 0;
  const clh_status status = borrow_rows(self, x, &borrowed, &rows, &n, error);
  if (status != CLH_OK) {
    return status;
  }
  const int64_t values = n * self->features;
  if (values < 1) {
    borrowed->deleter(borrowed);
    return fail(error, CLH_E_INVALID, "[fit] expected at least 1 sample, found 0");
  }
  float low = rows[0], high = rows[0];
  for (int64_t i = 1; i < values; ++i) {
    low = rows[i] < low ? rows[i] : low;
    high = rows[i] > high ? rows[i] : high;
  }
  borrowed->deleter(borrowed);
  for (int b = 0; b < BITS; ++b) {
    self->levels[b] = low + (high - low) * (float)(b + 1) / (float)(BITS + 1);
  }
  self->fitted = 1;
  return CLH_OK;
}

typedef struct bits_tensor {
  DLManagedTensor tensor;
  int64_t shape[8];
} bits_tensor;

static void free_bits(DLManagedTensor* t) {
  free(t->dl_tensor.data);
  free(t->manager_ctx);
}

static clh_status encode(void* p, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  const threshold* self = (const threshold*)p;
  if (!self->fitted) {
    return fail(error, CLH_E_STATE, "[encode] expected an encoder after fit, found one before it");
  }
  DLManagedTensor* borrowed = NULL;
  const float* rows = NULL;
  int64_t n = 0;
  const clh_status status = borrow_rows(self, x, &borrowed, &rows, &n, error);
  if (status != CLH_OK) {
    return status;
  }
  bits_tensor* made = (bits_tensor*)calloc(1, sizeof *made);
  unsigned char* bits = (unsigned char*)malloc((size_t)(n * self->features * BITS) + 1);
  if (made == NULL || bits == NULL) {
    free(made);
    free(bits);
    borrowed->deleter(borrowed);
    return fail(error, CLH_E_NOMEM, "out of memory");
  }
  for (int64_t i = 0; i < n * self->features; ++i) {
    for (int b = 0; b < BITS; ++b) {
      bits[i * BITS + b] = rows[i] > self->levels[b];
    }
  }
  borrowed->deleter(borrowed);
  made->shape[0] = n;
  memcpy(made->shape + 1, self->input.dim, (size_t)self->input.rank * sizeof(int64_t));
  made->shape[self->input.rank + 1] = BITS;
  made->tensor.dl_tensor.data = bits;
  made->tensor.dl_tensor.device.device_type = kDLCPU;
  made->tensor.dl_tensor.ndim = (int)self->input.rank + 2;
  made->tensor.dl_tensor.dtype.code = kDLUInt;
  made->tensor.dl_tensor.dtype.bits = 8;
  made->tensor.dl_tensor.dtype.lanes = 1;
  made->tensor.dl_tensor.shape = made->shape;
  made->tensor.manager_ctx = made;
  made->tensor.deleter = free_bits;
  return self->host->tensor_from_dlpack(self->host->ctx, &made->tensor, out, error);
}

static clh_status save(void* p, const clh_writer* writer, clh_error* error) {
  const threshold* self = (const threshold*)p;
  const uint64_t size = self->fitted ? sizeof self->levels : 0;
  return writer->bytes(writer->ctx, "levels", self->levels, size, error);
}

static clh_status load(void* p, uint32_t version, const clh_reader* reader, clh_error* error) {
  threshold* self = (threshold*)p;
  const void* bytes = NULL;
  uint64_t size = 0;
  (void)version;
  const clh_status status = reader->bytes(reader->ctx, "levels", &bytes, &size, error);
  if (status != CLH_OK) {
    return status;
  }
  if (size != 0 && size != sizeof self->levels) {
    return fail(error, CLH_E_STATE, "[state] expected the levels of an encoder, found other bytes");
  }
  self->fitted = size != 0;
  if (self->fitted) {
    memcpy(self->levels, bytes, size);
  }
  return CLH_OK;
}

static const clh_encoder_vt table = {sizeof(clh_encoder_vt), 0, destroy, fit, output_shape, encode};

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  const clh_encoder_spec* wanted = (const clh_encoder_spec*)spec;
  (void)args;
  if (!CLH_HAS(clh_host, host, tensor_to_dlpack) || wanted->input.rank > 5) {
    return fail(error, CLH_E_UNSUPPORTED, "expected a host with DLPack and at most 5 dimensions");
  }
  threshold* self = (threshold*)calloc(1, sizeof *self);
  if (self == NULL) {
    return fail(error, CLH_E_NOMEM, "out of memory");
  }
  self->host = host;
  self->input = wanted->input;
  self->features = 1;
  for (int64_t i = 0; i < wanted->input.rank; ++i) {
    self->features *= wanted->input.dim[i];
  }
  out->vtable = &table;
  out->self = self;
  return CLH_OK;
}

static const void* get_extension(const char* id) {
  static const clh_state_ext state = {sizeof(clh_state_ext), 1, save, load};
  return strcmp(id, "clh.state/1") == 0 ? &state : NULL;
}

static const clh_component component = {
    sizeof(clh_component), CLH_ENCODER, "c-threshold", "Two thresholds in C",
    "Two evenly spaced comparisons for each value", NULL, NULL, 0, 0, NULL, create, get_extension};
static const clh_component* const components[] = {&component};

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_plugin plugin = {sizeof(clh_plugin), CLH_ABI_MAJOR, CLH_ABI_MINOR,
                                    CLH_TARGET_MINOR, 1, "org.clh.test.c-threshold", "1.0.0", "MIT",
                                    NULL, NULL, components, NULL, NULL};
  (void)host;
  (void)error;
  return &plugin;
}
