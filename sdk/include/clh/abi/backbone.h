/* A backbone: the network up to its features; the head is the host's. Everything [main]. */
#ifndef CLH_ABI_BACKBONE_H
#define CLH_ABI_BACKBONE_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a backbone is created with; borrowed. */
typedef struct clh_backbone_spec {
  uint32_t struct_size;
  uint32_t reserved;
  /* Shape of one sample of x. */
  clh_shape input;
  /* The least value of x. */
  double low;
  /* The greatest. */
  double high;
} clh_backbone_spec;

/* Table of a backbone. What may differ between two creations, such as a random wiring, is a buffer
   or in its state: a copy of a network is a second instance. */
typedef struct clh_backbone_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Ends the instance. */
  clh_end_fn* destroy;

  /* R x, float32 [B, ...input] -> [B, F], attached to the graph. With clh.backbone.encoder/1 it
     takes its own bits, uint8 [B, W], too.
     Errors: one for another shape or dtype. */
  clh_map_fn* features;

  /* R Of one sample: [F], or more dimensions whose product is F. */
  clh_dims_fn* feature_shape;

  /* R The leaves, float32, with the same names in the same order every time, each the same tensor
     for life. Their storage is the host's: never resized, replaced or moved (R13). */
  clh_sink_fn* parameters;

  /* What is copied with them and is no parameter, such as the statistics of batch norm; the host
     writes into these very tensors. */
  clh_sink_fn* buffers;

  /* Training mode on or off. */
  clh_flag_fn* set_training;

  /* After each step of the optimizer: brings parameters back into their range. */
  clh_call_fn* after_step;
} clh_backbone_vt;

/* "clh.backbone.classifier/1": outputs of the backbone's own. The host does not use it yet. */
typedef struct clh_backbone_classifier_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* Tells the number of outputs; may only append parameters. */
  clh_tick_fn* resize;
  /* Features [B, F] -> outputs [B, C]. */
  clh_map_fn* classify;
} clh_backbone_classifier_ext;

/* "clh.backbone.encoder/1": a backbone that begins with an encoder. */
typedef struct clh_backbone_encoder_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* Once, with up to 20 000 training samples of the first task: x float32 [N, ...input]. */
  clh_status (*fit)(void* self, const clh_tensor* x, clh_error*);
  /* x float32 [B, ...input] -> bits, uint8 [B, W], 0 or 1.
     Errors: one before fit. */
  clh_map_fn* encode;
} clh_backbone_encoder_ext;

static_assert(sizeof(clh_backbone_spec) == 88, "clh_backbone_spec: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_vt) == 64, "clh_backbone_vt: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_classifier_ext) == 24,
              "clh_backbone_classifier_ext: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_encoder_ext) == 24,
              "clh_backbone_encoder_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
