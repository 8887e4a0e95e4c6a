/* A node: how parameters become look-up tables, `units` of them with k pins each. Everything
   [main], the backward pass too; the layer that was configured with it calls it. */
#ifndef CLH_ABI_NODE_H
#define CLH_ABI_NODE_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a node is created with; borrowed. */
typedef struct clh_node_spec {
  uint32_t struct_size;
  /* k, 1 to 8. */
  int32_t fan_in;
  /* Number of tables. */
  int64_t units;
} clh_node_spec;

/* Table of a node. Pin 0 is the lowest bit of an address. */
typedef struct clh_node_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Ends the instance. */
  clh_end_fn* destroy;

  /* R unless clh.node.vjp/1. x float [B, in], mapping int32 [units, k], each in [0, in) ->
     y [B, units], attached to the graph.
     Errors: one for another shape, dtype or mapping.
     Rationale: one function, so that no tensor [B, units, k] need exist. */
  clh_status (*forward)(void*, const clh_tensor* x, const clh_tensor* mapping, clh_tensor** y,
                        clh_error*);

  /* R As of a backbone. */
  clh_sink_fn* parameters;

  /* R The hard tables, uint8 [units, 2^k], 0 or 1. */
  clh_make_fn* truth_table;

  /* The tables in training, float [units, 2^k], attached to the graph. NULL, or out NULL = there
     are none. */
  clh_make_fn* table;

  /* As of a backbone. */
  clh_flag_fn* set_training;

  /* As of a backbone. */
  clh_call_fn* after_step;
} clh_node_vt;

/* A matrix: float32, C-contiguous, on the CPU, borrowed. Never changes (R2). */
typedef struct clh_array {
  /* [rows, cols] */
  void* data;
  int64_t rows;
  int64_t cols;
} clh_array;

/* "clh.node.vjp/1": a node without LibTorch, in place of forward. The host wraps it into one
   autograd function, differentiable once. mapping: int32 [units, k]. params: the parameters as they
   are now, in the order of `parameters`; one of one dimension is a column, of more than two a
   matrix of its first by the rest. */
typedef struct clh_node_vjp_ext {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Writes y [B, units] for x [B, in]. */
  clh_status (*forward)(void* self, const clh_array* x, const int32_t* mapping,
                        const clh_array* params, clh_array* y, clh_error*);

  /* R Adds the gradients of x and of each parameter into gx and gparams[i], for gy [B, units], that
     of y. */
  clh_status (*vjp)(void* self, const clh_array* x, const int32_t* mapping,
                    const clh_array* params, const clh_array* gy, clh_array* gx,
                    clh_array* gparams, clh_error*);
} clh_node_vjp_ext;

static_assert(sizeof(clh_node_spec) == 16, "clh_node_spec: layout of ABI 0.2");
static_assert(sizeof(clh_node_vt) == 64, "clh_node_vt: layout of ABI 0.2");
static_assert(sizeof(clh_array) == 24, "clh_array: layout of ABI 0.2");
static_assert(sizeof(clh_node_vjp_ext) == 24, "clh_node_vjp_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
