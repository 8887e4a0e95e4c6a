/* What a model is given to train with: network, optimizer, loss and augmentation, all the host's.
   Everything [main]. Tensors that go in are borrowed, those that come out +1; autograd flows
   through. */
#ifndef CLH_ABI_NETWORK_H
#define CLH_ABI_NETWORK_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Forms of the head. */
enum {
  /* All outputs from the start, which reveals their number. */
  CLH_HEAD_FIXED = 1,
  /* A block of outputs with each task that brings new ones. */
  CLH_HEAD_INCREMENTAL,
  /* One block a task. */
  CLH_HEAD_MULTI,
  /* Not in use. */
  CLH_HEAD_COSINE,
  CLH_HEAD_GROUP_SUM,
  CLH_HEAD_OWN
};

/* How raw samples become network input: scaled to [0, 1], normalized with stream.normalize=true;
   augmented before that, if the dataset names an augmentation. */
enum { CLH_PLAIN = 0, CLH_AUGMENTED = 1 };

/* How a second network is made. */
enum {
  /* The values of now, in eval mode without gradients. */
  CLH_FROZEN = 1,
  /* The values of now; trained by the optimizer until it is released. */
  CLH_COPY,
  /* Newly initialised, from the stream `init` and the salt; trained likewise. */
  CLH_FRESH
};

/* Which part of the flat vectors is one parameter. Never changes (R2). */
typedef struct clh_slot {
  /* "backbone." and the backbone's name, or "head.<block>.weight", "head.<block>.bias". */
  const char* name;
  /* The first of its floats in [P]. */
  int64_t offset;
  /* How many floats it has. */
  int64_t count;
  /* -1 = backbone; else row r of the slot belongs to the output first_output + r. */
  int64_t first_output;
  /* Of the parameter; its product is count. */
  clh_shape shape;
} clh_slot;

/* What is known of a network. Host's, valid until the next begin_task. */
typedef struct clh_network_info {
  uint32_t struct_size;
  /* CLH_HEAD_... */
  int32_t head;
  /* C: the outputs so far. */
  int64_t outputs;
  /* P: the length of the flat vectors. */
  int64_t n_values;
  /* Length of `slots`. */
  int64_t n_slots;
  /* Grows with the head. */
  uint64_t generation;
  /* [n_slots] in the order of the flat vectors. Growth appends, so that a vector kept from before
     is a prefix of the new one. */
  const clh_slot* slots;
  /* The features of one sample, as the backbone gives their shape. */
  clh_shape features;
} clh_network_info;

/* A network: a backbone and the host's head. `net` comes from clh_model_spec or from spawn. x is
   float32 [B, ...]; where the backbone has an encoder, its bits, uint8 [B, W], are taken too. */
typedef struct clh_network_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* Never NULL. */
  const clh_network_info* (*info)(void* net);

  /* x -> outputs [B, C] over all outputs so far, in every scenario. */
  clh_map_fn* forward;

  /* x -> features [B, F]. */
  clh_map_fn* features;

  /* Features [B, F] -> outputs [B, C]. */
  clh_map_fn* classify;

  /* x -> bits, uint8 [B, W], for a backbone with clh.backbone.encoder/1.
     Errors: CLH_E_UNSUPPORTED without. */
  clh_map_fn* encode;

  /* Outputs [B, C] and features [B, F] of one pass. */
  clh_status (*both)(void* net, const clh_tensor* x, clh_tensor** out, clh_tensor** features,
                     clh_error*);

  /* Puts <slot>.input and <slot>.output (before the non-linearity, [B, units]) of each layer of the
     backbone in forward order, then of each block of the head, all of one graph. <slot>.weight is
     the name of the layer's slot. Needs a backbone with clh.backbone.gates/1.
     Errors: CLH_E_UNSUPPORTED without. */
  clh_status (*activations)(void* net, const clh_tensor* x, const clh_tensor_sink*, clh_error*);

  /* forward, with the output of layer i multiplied by gates[i], [units_i], after the
     non-linearity; NULL = open. The n layers are those of clh.network.gates/1 in their order.
     Errors: CLH_E_UNSUPPORTED for a backbone without gates. */
  clh_status (*gated)(void* net, const clh_tensor* x, const clh_tensor* const* gates, int64_t n,
                      clh_tensor** out, clh_error*);

  /* All parameters as one vector, float32 [P], sharing memory with them. To be fetched again after
     each begin_task; never written between a forward pass and its backward (R14). */
  clh_make_fn* values;

  /* Their gradients, likewise. One that was dropped counts as zero and is put back. */
  clh_make_fn* grads;

  /* Training mode on or off. */
  clh_flag_fn* set_training;

  /* Makes a second network of the same form: another instance of the backbone, with the same
     options. `how` is CLH_FROZEN, CLH_COPY or CLH_FRESH; `salt` varies a fresh one, else it has no
     effect. other: the caller's, until release. */
  clh_status (*spawn)(void* net, int32_t how, int64_t salt, void** other, clh_error*);

  /* Copies values, buffers and the backbone's state of `other`, which is a `net` too.
     Errors: CLH_E_STATE unless both have as many values. */
  clh_status (*assign)(void* net, const void* other, clh_error*);

  /* Ends a network that came from spawn, and no other. */
  clh_end_fn* release;
} clh_network_vt;

/* The optimizer, over the network's parameters and what else was added. */
typedef struct clh_optimizer_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* All gradients to zero. */
  clh_call_fn* zero_grad;

  /* One step, then after_step of every backbone that takes part. A parameter without gradient
     counts as one with gradient zero; those with requires_grad off stay as they are. */
  clh_call_fn* step;

  /* Forgets momentum and moments. */
  clh_call_fn* reset;

  /* The learning rate. */
  double (*rate)(void* opt);

  /* Sets it, to a positive finite number.
     Errors: CLH_E_INVALID for another. */
  clh_status (*set_rate)(void* opt, double, clh_error*);

  /* Adds a float32 leaf of the model's own, whose storage is the host's from then on (R13). `name`
     is copied; it is the key in saved states, and used once.
     Errors: CLH_E_INTERNAL for another tensor or a name that is taken. */
  clh_status (*add)(void* opt, const char* name, const clh_tensor* leaf, clh_error*);
} clh_optimizer_vt;

/* The loss: cross-entropy. With a multi-head the softmax of each sample covers the block of its
   label; otherwise all outputs. The scenario masks nothing here. */
typedef struct clh_criterion_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* Outputs [B, C] and labels, int64 [B] -> each = 0: the mean []; 1: of each sample [B].
     Errors: CLH_E_INVALID for other shapes. */
  clh_status (*loss)(void* crit, const clh_tensor* out, const clh_tensor* y, int32_t each,
                     clh_tensor** loss, clh_error*);
} clh_criterion_vt;

/* From raw samples to network input. */
typedef struct clh_augment_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* raw [B, ...] in the dataset's dtype -> x float32 [B, ...]. `view` is CLH_PLAIN, or
     CLH_AUGMENTED, which draws anew each time. */
  clh_status (*apply)(void* aug, const clh_tensor* raw, int32_t view, clh_tensor** x, clh_error*);
} clh_augment_vt;

static_assert(sizeof(clh_slot) == 96, "clh_slot: layout of ABI 0.2");
static_assert(sizeof(clh_network_info) == 112, "clh_network_info: layout of ABI 0.2");
static_assert(sizeof(clh_network_vt) == 120, "clh_network_vt: layout of ABI 0.2");
static_assert(sizeof(clh_optimizer_vt) == 56, "clh_optimizer_vt: layout of ABI 0.2");
static_assert(sizeof(clh_criterion_vt) == 16, "clh_criterion_vt: layout of ABI 0.2");
static_assert(sizeof(clh_augment_vt) == 16, "clh_augment_vt: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
