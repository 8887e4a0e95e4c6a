/* Gates: layers of a backbone whose units can be closed, and what flows through them. Everything
   [main]. */
#ifndef CLH_ABI_EXT_GATES_H
#define CLH_ABI_EXT_GATES_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A layer with gates. Never changes (R2). */
typedef struct clh_gate_layer {
  /* Of the layer. */
  const char* name;
  /* Of its weight. */
  const char* weight;
  /* Of its bias; NULL = none. */
  const char* bias;
  /* Units, each with a gate. */
  int64_t units;
  /* Index of the layer that feeds it; -1 = none. */
  int64_t input;
} clh_gate_layer;

/* "clh.backbone.gates/1" of a backbone. */
typedef struct clh_backbone_gates_ext {
  uint32_t struct_size;
  uint32_t reserved;

  /* R [n] in forward order, the same every time; parameters named as the backbone gives them.
     Plugin's, valid until the instance's destroy. */
  const clh_gate_layer* (*layers)(void* self, int64_t* n);

  /* R For x [B, ...input]: <layer>.input, and <layer>.output [B, units] before the non-linearity,
     in forward order; perhaps `features` [B, F] at the end; all of one graph. */
  clh_status (*activations)(void* self, const clh_tensor* x, const clh_tensor_sink*, clh_error*);

  /* R Features [B, F], with the output of layer i multiplied by gates[i], [units_i], after its
     non-linearity; NULL = open. n: as many as there are layers. */
  clh_status (*features)(void* self, const clh_tensor* x, const clh_tensor* const* gates, int64_t n,
                         clh_tensor** out, clh_error*);
} clh_backbone_gates_ext;

/* 0.2: "clh.network.gates/1" of the host, over clh_model_spec.net. */
typedef struct clh_network_gates_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* The backbone's list, [n], with weight and bias named as the slots of clh_network_info; NULL
     and n = 0 without gates. Host's, valid until the network's release, of the model's own until
     its destroy. */
  const clh_gate_layer* (*layers)(void* net, int64_t* n);
} clh_network_gates_ext;

static_assert(sizeof(clh_gate_layer) == 40, "clh_gate_layer: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_gates_ext) == 32, "clh_backbone_gates_ext: layout of ABI 0.2");
static_assert(sizeof(clh_network_gates_ext) == 16, "clh_network_gates_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
