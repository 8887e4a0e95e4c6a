/* An encoder: turns real features into the bits that networks of look-up tables read. Everything
   [main]; the backbone that was configured with it calls it. */
#ifndef CLH_ABI_ENCODER_H
#define CLH_ABI_ENCODER_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an encoder is created with; borrowed. */
typedef struct clh_encoder_spec {
  uint32_t struct_size;
  uint32_t reserved;
  /* Shape of one sample of x. */
  clh_shape input;
  /* The least value of x. */
  double low;
  /* The greatest. */
  double high;
} clh_encoder_spec;

/* Table of an encoder. x is float32 and C-contiguous. */
typedef struct clh_encoder_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Ends the instance. */
  clh_end_fn* destroy;

  /* Once, before encode: x [N, ...input], N >= 1. NULL = nothing to fit. */
  clh_status (*fit)(void*, const clh_tensor* x, clh_error*);

  /* R The input's dimensions and, last, the bits of each feature. */
  clh_dims_fn* output_shape;

  /* R x [B, ...input] -> uint8 [B, ...output_shape], 0 or 1.
     Errors: one before fit. */
  clh_map_fn* encode;
} clh_encoder_vt;

/* "clh.encoder.netlist/1": what a circuit needs in the encoder's place. The host does not use it
   yet. */
typedef struct clh_encoder_netlist_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* Comparators and small look-up tables. */
  clh_sink_fn* lower;
  /* uint8 [bits]: 0 = the bit is constant or a duplicate. */
  clh_sink_fn* live;
} clh_encoder_netlist_ext;

static_assert(sizeof(clh_encoder_spec) == 88, "clh_encoder_spec: layout of ABI 0.2");
static_assert(sizeof(clh_encoder_vt) == 40, "clh_encoder_vt: layout of ABI 0.2");
static_assert(sizeof(clh_encoder_netlist_ext) == 24, "clh_encoder_netlist_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
