/* The host, as every instance sees it. */
#ifndef CLH_ABI_HOST_H
#define CLH_ABI_HOST_H

#include <clh/abi/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A created component. Never changes (R2). */
typedef struct clh_object {
  /* Table of its kind, clh_<kind>_vt; plugin's, valid until the instance's destroy. */
  const void* vtable;
  /* The instance, first argument of every function of the table. */
  void* self;
  /* Set by the host; extensions of the instance are its component's. */
  const clh_component* component;
} clh_object;

/* One table for each instance, host's, valid until that instance's destroy. The one that
   clh_plugin_entry gets has a name and versions alone; its functions are NULL (R8). */
typedef struct clh_host {
  uint32_t struct_size;
  /* CLH_ABI_MAJOR of the header that the host was built with. */
  uint16_t abi_major;
  /* CLH_ABI_MINOR of it. */
  uint16_t abi_minor;
  /* "cl-host". */
  const char* name;
  /* The program's version. */
  const char* version;
  /* First argument of the functions. */
  void* ctx;

  /* [any] One line into the run's log. Levels: 0 trace, 1 debug, 2 info, 3 warning, 4 error,
     5 critical. `text` is copied. */
  void (*log)(void* ctx, int32_t level, const char* text);

  /* [main] A number that joins the run's record, as model/<key>, if it is finite; a later value of
     a key replaces the earlier one. `key` is copied. */
  void (*metric)(void* ctx, const char* key, double value);

  /* [any] Whether the run is to end: 0 or 1. To be polled in long loops; a call that ends for it
     answers CLH_E_STOP. */
  int32_t (*should_stop)(void* ctx);

  /* [any] The host's table of an extension, such as clh.lut/1; NULL = unknown id. Host's, valid as
     long as the process. */
  const void* (*get_extension)(void* ctx, const char* id);

  /* [main] Fills out [n] with uniform 64-bit words of the named stream of this instance; both
     tiers. The host keeps the position and saves it.
     Errors: CLH_E_STATE on another thread. */
  clh_status (*rng_words)(void* ctx, const char* stream, uint64_t* out, int64_t n, clh_error*);

  /* [main] LibTorch's CPU generator, seeded from the named stream; torch tier. out: +1. The host
     saves its state.
     Errors: CLH_E_STATE on another thread. */
  clh_status (*rng_torch)(void* ctx, const char* stream, clh_generator** out, clh_error*);

  /* [main] Creates an instance of what the user chose. `spec` is the clh_<kind>_spec of its kind.
     The caller calls its destroy, once.
     Errors: CLH_E_STATE on another thread; what the component's create answers. */
  clh_status (*create)(void* ctx, const clh_factory*, const void* spec, clh_object* out,
                       clh_error*);

  /* [any] One reference more; accepts NULL. */
  void (*tensor_retain)(clh_tensor*);

  /* [any] One reference less; accepts NULL. */
  void (*tensor_release)(clh_tensor*);

  /* [any] A tensor over the memory of a DLPack struct; out: +1. Always consumes the struct, also
     when it fails; its deleter is called with the last reference.
     Errors: CLH_E_INVALID for none, or for elements without memory; CLH_E_TORCH for a type that
     LibTorch does not know. */
  clh_status (*tensor_from_dlpack)(void* ctx, struct DLManagedTensor*, clh_tensor** out,
                                   clh_error*);

  /* [any] A DLPack struct over the memory of a tensor, without autograd. The caller calls its
     deleter. */
  clh_status (*tensor_to_dlpack)(void* ctx, const clh_tensor*, struct DLManagedTensor** out,
                                 clh_error*);
#if CLH_TARGET_MINOR > 1

  /* [main] 0.2: a point of a curve, a line of the run's model-metrics.jsonl. `step` may be a
     batch's or any count of the component's own. `key` is copied. */
  void (*metric_at)(void* ctx, const char* key, int64_t step, double value);
#endif
} clh_host;

static_assert(sizeof(clh_object) == 24, "clh_object: layout of ABI 0.2");
static_assert(sizeof(clh_host) == 120 + (CLH_TARGET_MINOR > 1 ? 8 : 0),
              "clh_host: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
