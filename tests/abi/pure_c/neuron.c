/* Neuron: each table is one sigmoid neuron over its pins, y_u = sigmoid(b_u + sum_j w_uj x_uj). A
   node in C that differentiates itself (clh.node.vjp/1);
   tests/abi/two_compilers/plugins/neuron.cpp is the same formula, in the same order of operations,
   for LibTorch. */
#include <clh/note.h>
#include <dlpack/dlpack.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

CLH_NOTE("id=org.clh.test.c-neuron\nversion=1.0.0\nlicense=MIT\nprovides=node:c-neuron\nneeds=\n");

typedef struct neuron {
  const clh_host* host;
  int64_t units, fan_in;  /* U, k */
  clh_tensor *weight, *bias; /* [U, k], [U]; handles for life, their memory is the host's */
} neuron;

static clh_status fail(clh_error* error, clh_status code, const char* text) {
  if (error != NULL) {
    error->code = code;
    snprintf(error->message, sizeof error->message, "%s", text);
  }
  return code;
}

/* Memory and shape of a tensor that is handed to the host. */
typedef struct owned_tensor {
  DLManagedTensor tensor;
  int64_t shape[2];
} owned_tensor;

static void free_owned(DLManagedTensor* t) {
  free(t->dl_tensor.data);
  free(t->manager_ctx);
}

static owned_tensor* new_tensor(int64_t rows, int64_t cols, int dims, uint8_t code, uint8_t bits) {
  owned_tensor* made = (owned_tensor*)calloc(1, sizeof *made);
  void* data = malloc((size_t)(rows * cols * bits / 8) + 1);
  if (made == NULL || data == NULL) {
    free(made);
    free(data);
    return NULL;
  }
  made->shape[0] = rows;
  made->shape[1] = cols;
  made->tensor.dl_tensor.data = data;
  made->tensor.dl_tensor.device.device_type = kDLCPU;
  made->tensor.dl_tensor.ndim = dims;
  made->tensor.dl_tensor.dtype.code = code;
  made->tensor.dl_tensor.dtype.bits = bits;
  made->tensor.dl_tensor.dtype.lanes = 1;
  made->tensor.dl_tensor.shape = made->shape;
  made->tensor.manager_ctx = made;
  made->tensor.deleter = free_owned;
  return made;
}

/* Draws uniform values in [-1, 1) from the stream `method`. */
static clh_status draw(const neuron* self, int64_t rows, int64_t cols, int dims, clh_tensor** out,
                       clh_error* error) {
  const int64_t n = rows * cols;
  owned_tensor* made = new_tensor(rows, cols, dims, kDLFloat, 32);
  uint64_t* words = (uint64_t*)malloc((size_t)n * sizeof *words);
  clh_status status = CLH_E_NOMEM;
  if (made != NULL && words != NULL) {
    status = self->host->rng_words(self->host->ctx, "method", words, n, error);
  }
  if (status != CLH_OK) {
    if (made != NULL) {
      free_owned(&made->tensor);
    }
    free(words);
    return status;
  }
  float* value = (float*)made->tensor.dl_tensor.data;
  for (int64_t i = 0; i < n; ++i) {
    value[i] = (float)(words[i] >> 40U) * 0x1.0p-23F - 1.0F;
  }
  free(words);
  return self->host->tensor_from_dlpack(self->host->ctx, &made->tensor, out, error);
}

static void destroy(void* p) {
  neuron* self = (neuron*)p;
  if (self->weight != NULL) {
    self->host->tensor_release(self->weight);
  }
  if (self->bias != NULL) {
    self->host->tensor_release(self->bias);
  }
  free(self);
}

static clh_status parameters(void* p, const clh_tensor_sink* sink, clh_error* error) {
  const neuron* self = (const neuron*)p;
  const clh_status status = sink->put(sink->ctx, "w", self->weight, error);
  return status != CLH_OK ? status : sink->put(sink->ctx, "b", self->bias, error);
}

static float activation(const float* w, float b, const float* x, const int32_t* pin, int64_t fan_in) {
  float sum = b;
  for (int64_t j = 0; j < fan_in; ++j) {
    sum += w[j] * x[pin[j]];
  }
  return 1.0F / (1.0F + expf(-sum));
}

static clh_status forward(void* p, const clh_array* x, const int32_t* mapping, const clh_array* params,
                          clh_array* y, clh_error* error) {
  const neuron* self = (const neuron*)p;
  const float *w = (const float*)params[0].data, *b = (const float*)params[1].data;
  (void)error;
  for (int64_t i = 0; i < x->rows; ++i) {
    const float* row = (const float*)x->data + i * x->cols;
    float* out = (float*)y->data + i * y->cols;
    for (int64_t u = 0; u < self->units; ++u) {
      const int64_t first = u * self->fan_in;
      out[u] = activation(w + first, b[u], row, mapping + first, self->fan_in);
    }
  }
  return CLH_OK;
}

static clh_status vjp(void* p, const clh_array* x, const int32_t* mapping, const clh_array* params,
                      const clh_array* gy, clh_array* gx, clh_array* gparams, clh_error* error) {
  const neuron* self = (const neuron*)p;
  const float *w = (const float*)params[0].data, *b = (const float*)params[1].data;
  float *gw = (float*)gparams[0].data, *gb = (float*)gparams[1].data;
  (void)error;
  for (int64_t i = 0; i < x->rows; ++i) {
    const float* row = (const float*)x->data + i * x->cols;
    const float* grad = (const float*)gy->data + i * gy->cols;
    float* row_grad = (float*)gx->data + i * gx->cols;
    for (int64_t u = 0; u < self->units; ++u) {
      const int64_t first = u * self->fan_in;
      const float y = activation(w + first, b[u], row, mapping + first, self->fan_in);
      const float delta = grad[u] * (y * (1.0F - y));
      gb[u] += delta;
      for (int64_t j = first; j < first + self->fan_in; ++j) {
        gw[j] += delta * row[mapping[j]];
        row_grad[mapping[j]] += delta * w[j];
      }
    }
  }
  return CLH_OK;
}

/* Reads the host's current values: [y > 1/2] at each corner is [b + sum of w over its ones > 0]. */
static clh_status truth_table(void* p, clh_tensor** out, clh_error* error) {
  const neuron* self = (const neuron*)p;
  const clh_host* host = self->host;
  DLManagedTensor *w = NULL, *b = NULL;
  clh_status status = host->tensor_to_dlpack(host->ctx, self->weight, &w, error);
  if (status != CLH_OK) {
    return status;
  }
  status = host->tensor_to_dlpack(host->ctx, self->bias, &b, error);
  if (status != CLH_OK) {
    w->deleter(w);
    return status;
  }
  const int64_t entries = (int64_t)1 << self->fan_in;
  owned_tensor* made = new_tensor(self->units, entries, 2, kDLUInt, 8);
  if (made != NULL) {
    const float* weight = (const float*)((const char*)w->dl_tensor.data + w->dl_tensor.byte_offset);
    const float* bias = (const float*)((const char*)b->dl_tensor.data + b->dl_tensor.byte_offset);
    unsigned char* entry = (unsigned char*)made->tensor.dl_tensor.data;
    for (int64_t u = 0; u < self->units; ++u) {
      for (int64_t a = 0; a < entries; ++a) {
        float sum = bias[u];
        for (int64_t j = 0; j < self->fan_in; ++j) {
          sum += (a >> j) & 1 ? weight[u * self->fan_in + j] : 0.0F;
        }
        *entry++ = sum > 0.0F;
      }
    }
  }
  w->deleter(w);
  b->deleter(b);
  return made == NULL ? fail(error, CLH_E_NOMEM, "out of memory")
                      : host->tensor_from_dlpack(host->ctx, &made->tensor, out, error);
}

/* SHORT_TABLE: ended where this node has nothing more to say, as an older minor's table would be. */
#ifdef SHORT_TABLE
enum { TABLE_SIZE = offsetof(clh_node_vt, table) };
#else
enum { TABLE_SIZE = sizeof(clh_node_vt) };
#endif
static const clh_node_vt table = {TABLE_SIZE,  0,    destroy, NULL, parameters,
                                  truth_table, NULL, NULL,    NULL};

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  const clh_node_spec* wanted = (const clh_node_spec*)spec;
  (void)args;
  if (!CLH_HAS(clh_host, host, tensor_to_dlpack)) {
    return fail(error, CLH_E_UNSUPPORTED, "expected a host with DLPack, found an older one");
  }
  neuron* self = (neuron*)calloc(1, sizeof *self);
  if (self == NULL) {
    return fail(error, CLH_E_NOMEM, "out of memory");
  }
  self->host = host;
  self->units = wanted->units;
  self->fan_in = wanted->fan_in;
  clh_status status = draw(self, self->units, self->fan_in, 2, &self->weight, error);
  if (status == CLH_OK) {
    status = draw(self, self->units, 1, 1, &self->bias, error);
  }
  if (status != CLH_OK) {
    destroy(self);
    return status;
  }
  out->vtable = &table;
  out->self = self;
  return CLH_OK;
}

static const void* get_extension(const char* id) {
  static const clh_node_vjp_ext gradient = {sizeof(clh_node_vjp_ext), 0, forward, vjp};
  return strcmp(id, "clh.node.vjp/1") == 0 ? &gradient : NULL;
}

static const clh_component component = {
    sizeof(clh_component), CLH_NODE, "c-neuron", "Sigmoid neuron in C",
    "One sigmoid neuron a table, with its own gradient", NULL, NULL, 0, 0, NULL, create,
    get_extension};
static const clh_component* const components[] = {&component};

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_plugin plugin = {sizeof(clh_plugin), CLH_ABI_MAJOR, CLH_ABI_MINOR,
                                    CLH_TARGET_MINOR, 1, "org.clh.test.c-neuron", "1.0.0", "MIT",
                                    NULL, NULL, components, NULL, NULL};
  (void)host;
  (void)error;
  return &plugin;
}
