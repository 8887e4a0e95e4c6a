/* Statuses, kinds, handles, and the signatures that the tables share. */
#ifndef CLH_ABI_BASE_H
#define CLH_ABI_BASE_H

#include <clh/abi/version.h>

#include <assert.h> /* static_assert in C11 */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The one function that a plugin exports has it. */
#define CLH_EXPORT __attribute__((visibility("default")))

/* Whether the table `p` of type T reaches as far as its function `f`, and has it (R2). */
#define CLH_HAS(T, p, f) (offsetof(T, f) + sizeof((p)->f) <= (p)->struct_size && (p)->f)

/* How a call ended. If it is not CLH_OK, clh_error has the text (R6). */
typedef int32_t clh_status;
enum {
  CLH_OK = 0,
  /* The user can correct it: an option, a shape, a damaged file. */
  CLH_E_INVALID,
  /* A saved state does not fit, or a call is out of order or on the wrong thread. */
  CLH_E_STATE,
  CLH_E_NOMEM,
  /* A file is missing. */
  CLH_E_IO,
  /* The other side lacks something. */
  CLH_E_UNSUPPORTED,
  /* LibTorch failed. */
  CLH_E_TORCH,
  /* A defect of the one who answers so. */
  CLH_E_INTERNAL,
  /* The host asked to stop (should_stop), and the call did. */
  CLH_E_STOP
};

/* The kinds of component. */
typedef uint32_t clh_kind;
enum { CLH_MODEL = 1, CLH_BACKBONE, CLH_DATASET, CLH_ENCODER, CLH_NODE, CLH_LAYER };

/* A tensor: opaque and counted; in the torch tier a c10::TensorImpl. NULL is the undefined one. */
typedef struct clh_tensor clh_tensor;

/* A source of random numbers: opaque and counted; in the torch tier a c10::GeneratorImpl. */
typedef struct clh_generator clh_generator;

/* DLPack 0.6, the struct without a version. */
struct DLManagedTensor;

/* The sizes of one sample, without the batch dimension. Never changes (R2). */
typedef struct clh_shape {
  /* Number of dimensions, 0 to 7. */
  int64_t rank;
  /* The first `rank` of them, each at least 1. */
  int64_t dim[7];
} clh_shape;

/* What failed. The caller's; where a function takes one it may be NULL. */
typedef struct clh_error {
  /* Set by the caller. */
  uint32_t struct_size;
  /* The status that was returned. */
  clh_status code;
  /* One line of UTF-8, ended with a NUL: "[where] expected X, found Y" (R6). */
  char message[1016];
} clh_error;

/* Where a function puts tensors with names. [main] The caller's, valid during the call. */
typedef struct clh_tensor_sink {
  uint32_t struct_size;
  uint32_t reserved;
  /* First argument of put. */
  void* ctx;
  /* Takes one tensor. `name` is copied, `t` borrowed: the sink retains what it keeps. */
  clh_status (*put)(void* ctx, const char* name, const clh_tensor* t, clh_error*);
} clh_tensor_sink;

/* A task of the stream, in clh/abi/model.h. */
typedef struct clh_task clh_task;

/* Signatures. `self` is the instance whose table has the function. */

/* Ends an instance, or gives something back: cannot fail (R4). */
typedef void clh_end_fn(void* self);

/* Does something. */
typedef clh_status clh_call_fn(void* self, clh_error*);

/* Turns something on (1) or off (0). */
typedef clh_status clh_flag_fn(void* self, int32_t on, clh_error*);

/* Makes a tensor; out: +1. */
typedef clh_status clh_make_fn(void* self, clh_tensor** out, clh_error*);

/* Makes a tensor of another one; x: borrowed, out: +1. */
typedef clh_status clh_map_fn(void* self, const clh_tensor* x, clh_tensor** out, clh_error*);

/* Puts tensors into a sink. */
typedef clh_status clh_sink_fn(void* self, const clh_tensor_sink*, clh_error*);

/* Tells of a task; it and what it points to are borrowed. */
typedef clh_status clh_tell_fn(void* self, const clh_task*, clh_error*);

/* Tells a number. */
typedef clh_status clh_tick_fn(void* self, int64_t number, clh_error*);

/* Writes a shape: cannot fail. May be called once the instance is created; always the same. */
typedef void clh_dims_fn(void* self, clh_shape* out);

static_assert(sizeof(clh_shape) == 64, "clh_shape: layout of ABI 0.2");
static_assert(sizeof(clh_error) == 1024, "clh_error: layout of ABI 0.2");
static_assert(sizeof(clh_tensor_sink) == 24, "clh_tensor_sink: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
