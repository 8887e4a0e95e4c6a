/* A layer: a wiring of look-up tables. It owns the mapping and creates its nodes. Everything
   [main]; the backbone that was configured with it calls it. */
#ifndef CLH_ABI_LAYER_H
#define CLH_ABI_LAYER_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a layer is created with; borrowed. */
typedef struct clh_layer_spec {
  uint32_t struct_size;
  /* Its place in the network, from 0. */
  int32_t index;
  /* Shape of one sample of x. */
  clh_shape input;
  /* Number of tables. */
  int64_t units;
} clh_layer_spec;

/* Table of a layer. */
typedef struct clh_layer_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Destroys its nodes too. */
  clh_end_fn* destroy;

  /* R x float [B, in] -> [B, units], attached to the graph.
     Errors: one for another shape or dtype. */
  clh_map_fn* forward;

  /* R Of one sample; its product is the number of units. */
  clh_dims_fn* output_shape;

  /* R Its own and its nodes', as of a backbone. */
  clh_sink_fn* parameters;

  /* Its own and its nodes', as of a backbone; above all the mapping. */
  clh_sink_fn* buffers;

  /* R The hard wiring, int32 [units, k], each in [0, in). */
  clh_make_fn* mapping;

  /* R The hard tables, uint8 [units, 2^k], 0 or 1; pin 0 is the lowest bit of an address. */
  clh_make_fn* truth_table;

  /* As of a backbone. */
  clh_flag_fn* set_training;

  /* As of a backbone. */
  clh_call_fn* after_step;
} clh_layer_vt;

/* "clh.layer.bits/1": a layer from bits to bits. The host does not use it yet. */
typedef struct clh_layer_bits_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* x, y: uint8, 0 or 1; carrier, carrier_out: float, of the same shapes, through which the
     gradients flow. */
  clh_status (*forward)(void* self, const clh_tensor* x, const clh_tensor* carrier, clh_tensor** y,
                        clh_tensor** carrier_out, clh_error*);
} clh_layer_bits_ext;

static_assert(sizeof(clh_layer_spec) == 80, "clh_layer_spec: layout of ABI 0.2");
static_assert(sizeof(clh_layer_vt) == 80, "clh_layer_vt: layout of ABI 0.2");
static_assert(sizeof(clh_layer_bits_ext) == 16, "clh_layer_bits_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
