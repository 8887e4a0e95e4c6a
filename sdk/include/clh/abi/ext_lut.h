/* "clh.lut/1" of the host: a layer of look-up tables as one differentiable function. [main] */
#ifndef CLH_ABI_EXT_LUT_H
#define CLH_ABI_EXT_LUT_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the tables are evaluated and differentiated. */
enum {
  /* The multilinear extension at real-valued pins, with its own gradient. No coefficient. */
  CLH_LUT_MLE = 1,
  /* The entry at the hard address [x > 1/2]; a pin's gradient is the difference of two entries of
     the table smoothed by coef[0], in [0, 1/2]. */
  CLH_LUT_SMOOTH,
  /* Likewise, of the table weighted by k coefficients, one a pin. */
  CLH_LUT_RADIAL
};

/* One call. The caller's; tensors that go in are borrowed, y and carrier_out +1. */
typedef struct clh_lut_call {
  /* Set by the caller. */
  uint32_t struct_size;
  /* CLH_LUT_... */
  int32_t gradient;
  /* 1: y becomes [y > level], 0 or 1, with the gradient of the real y; else 0. */
  int32_t binarise;
  int32_t reserved;
  /* Counts only with binarise; finite. */
  double level;
  /* [n_coef]; NULL if there are none. */
  const double* coef;
  /* 0, 1 or k, as `gradient` says. */
  int64_t n_coef;
  /* int32 [units, k], each in [0, in), k 1 to 8. */
  const clh_tensor* mapping;
  /* float32 [units, 2^k]; pin 0 is the lowest bit of an address. */
  const clh_tensor* table;
  /* [B, in]: float32, or uint8 of 0 and 1. */
  const clh_tensor* x;
  /* Beside uint8 x: float32 [B, in], which receives the gradient of x; else NULL, and NULL without
     such a gradient. */
  const clh_tensor* carrier;
  /* Result: [B, units], float32 today in every case. */
  clh_tensor* y;
  /* Result: a carrier of y; today it stays as it is. */
  clh_tensor* carrier_out;
} clh_lut_call;

/* The extension. */
typedef struct clh_lut_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* Differentiable once, in table and x (or carrier).
     Errors: CLH_E_INVALID for another shape, dtype, pin, coefficient or rule. */
  clh_status (*evaluate)(clh_lut_call*, clh_error*);
} clh_lut_ext;

static_assert(sizeof(clh_lut_call) == 88, "clh_lut_call: layout of ABI 0.2");
static_assert(sizeof(clh_lut_ext) == 16, "clh_lut_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
