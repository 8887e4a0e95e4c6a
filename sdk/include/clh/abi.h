#ifndef CLH_ABI_H
#define CLH_ABI_H
#include <assert.h> /* static_assert in C11 */
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
#define CLH_ABI_MAJOR 0
#define CLH_ABI_MINOR 2
#ifndef CLH_TARGET_MINOR                /* lowest host minor supported; newer members are hidden, so using one by           */
#define CLH_TARGET_MINOR CLH_ABI_MINOR  /* accident is a compile error                                                      */
#endif
#define CLH_EXPORT __attribute__((visibility("default")))
#define CLH_HAS(T, p, f) (offsetof(T, f) + sizeof((p)->f) <= (p)->struct_size && (p)->f)
/* 1 -- scalars, handles, shared signatures --------------------------------------------------------------------------------------- */
typedef int32_t clh_status;
enum { CLH_OK = 0, CLH_E_INVALID, CLH_E_STATE, CLH_E_NOMEM, CLH_E_IO, CLH_E_UNSUPPORTED, CLH_E_TORCH, CLH_E_INTERNAL, CLH_E_STOP };
typedef uint32_t clh_kind;  enum { CLH_MODEL = 1, CLH_BACKBONE, CLH_DATASET, CLH_ENCODER, CLH_NODE, CLH_LAYER };
typedef struct clh_tensor clh_tensor;        /* opaque, counted; torch tier: c10::TensorImpl; NULL = undefined tensor          */
typedef struct clh_generator clh_generator;  /* opaque, counted; torch tier: c10::GeneratorImpl                                */
struct DLManagedTensor;                      /* DLPack 0.6, the unversioned struct                                             */
typedef struct clh_shape { int64_t rank; int64_t dim[7]; } clh_shape;                       /* without the batch dimension     */
typedef struct clh_error { uint32_t struct_size; clh_status code; char message[1016]; } clh_error;  /* caller's; may be NULL   */
typedef struct clh_tensor_sink { uint32_t struct_size, reserved; void* ctx;                 /* host's, valid during the call   */
  clh_status (*put)(void* ctx, const char* name, const clh_tensor* t, clh_error*); } clh_tensor_sink;  /* borrows t, retains   */
typedef struct clh_task clh_task;
typedef void       clh_end_fn (void* self);                                                 /* destroy, release: cannot fail   */
typedef clh_status clh_call_fn(void* self, clh_error*);
typedef clh_status clh_flag_fn(void* self, int32_t on, clh_error*);
typedef clh_status clh_make_fn(void* self, clh_tensor** out, clh_error*);
typedef clh_status clh_map_fn (void* self, const clh_tensor* x, clh_tensor** out, clh_error*);
typedef clh_status clh_sink_fn(void* self, const clh_tensor_sink*, clh_error*);
typedef clh_status clh_tell_fn(void* self, const clh_task*, clh_error*);
typedef clh_status clh_tick_fn(void* self, int64_t number, clh_error*);
typedef void       clh_dims_fn(void* self, clh_shape* out);                                 /* after create or open            */
/* 2 -- options ------------------------------------------------------------------------------------------------------------------- */
typedef uint32_t clh_type;
enum { CLH_BOOL = 1, CLH_INT, CLH_REAL, CLH_STRING, CLH_CHOICE, CLH_PATH, CLH_INT_LIST, CLH_REAL_LIST, CLH_COMPONENT };
enum { CLH_REQUIRED = 1, CLH_ADVANCED = 2, CLH_DEPRECATED = 4, CLH_HAS_MIN = 8, CLH_HAS_MAX = 16, CLH_OPEN_MIN = 32, CLH_OPEN_MAX = 64,
       CLH_OPTIONAL = 128 };                                  /* may be absent: def.n, or the value's n, is 0 then            */
typedef struct clh_component clh_component;
typedef struct clh_factory clh_factory;
typedef struct clh_value { clh_type type; uint32_t n;          /* n = number of list elements, else 1                          */
  union { int64_t i; double r; const char* s;                  /* BOOL, INT, CHOICE index | REAL | STRING, PATH (absolute)     */
          const int64_t* iv; const double* rv;                 /* INT_LIST | REAL_LIST                                         */
          const clh_factory* f; } u; } clh_value;              /* COMPONENT argument, NULL = none; its *default* is a name, s  */
struct clh_factory { uint32_t struct_size, n_args;             /* what the user chose; host's, valid until the receiver's destroy */
  const clh_component* component; const clh_value* args; const char* path; };               /* path: "backbone.layer.node"     */
enum { CLH_OF_CLASSES = 1, CLH_OF_TASKS };                     /* outputs of the whole stream | its tasks                      */
typedef struct clh_param { uint32_t struct_size, flags;
  const char *name, *doc, *unit;                               /* kebab-case; one line, required; may be NULL                  */
  clh_type type; clh_kind of_kind;                             /* of_kind: COMPONENT only, else 0                              */
  clh_value def; double min, max;                              /* bounds count only with HAS_MIN, HAS_MAX                      */
  const char* const* choices;                                  /* CHOICE only: NULL-terminated                                 */
#if CLH_TARGET_MINOR > 1
  uint32_t at_least_of, reserved;                              /* 0.2: CLH_OF_..., 0 = none: the value is at least             */
  double at_least;                                             /* at_least times that number of the finished plan, if the      */
  const char* when;                                            /* option `when` of the same component, NULL = always, has one  */
  const char* const* when_choices;                             /* of these values, NULL-terminated                             */
#endif
} clh_param;
/* 3 -- the host, as every instance sees it (one table per instance, valid until its destroy) -------------------------------------- */
typedef struct clh_object { const void* vtable; void* self; const clh_component* component; } clh_object;
typedef struct clh_host { uint32_t struct_size; uint16_t abi_major, abi_minor; const char *name, *version; void* ctx;
  void        (*log)(void* ctx, int32_t level, const char* text);                           /* [any]  0 trace .. 5 critical    */
  void        (*metric)(void* ctx, const char* key, double value);                          /* [main] joins the run record     */
  int32_t     (*should_stop)(void* ctx);                                                    /* [any]  poll in long loops       */
  const void* (*get_extension)(void* ctx, const char* id);                                  /* [any]  NULL = unknown id        */
  clh_status  (*rng_words)(void* ctx, const char* stream, uint64_t* out, int64_t n, clh_error*);     /* [main] any tier        */
  clh_status  (*rng_torch)(void* ctx, const char* stream, clh_generator** out, clh_error*);          /* [main] torch tier, +1  */
  clh_status  (*create)(void* ctx, const clh_factory*, const void* spec, clh_object* out, clh_error*);   /* [main] caller destroys */
  void        (*tensor_retain)(clh_tensor*);  void (*tensor_release)(clh_tensor*);          /* [any]                           */
  clh_status  (*tensor_from_dlpack)(void* ctx, struct DLManagedTensor*, clh_tensor** out, clh_error*);   /* [any] always consumes */
  clh_status  (*tensor_to_dlpack)(void* ctx, const clh_tensor*, struct DLManagedTensor** out, clh_error*);   /* [any] no autograd */
#if CLH_TARGET_MINOR > 1
  void        (*metric_at)(void* ctx, const char* key, int64_t step, double value);         /* [main] 0.2: a point of a curve  */
#endif
} clh_host;
/* 4 -- component, plugin, entry: static data of the plugin, process lifetime ------------------------------------------------------- */
struct clh_component { uint32_t struct_size; clh_kind kind; const char *id, *title, *doc, *cite;          /* cite may be NULL  */
  const char* const* caps; uint32_t n_params, reserved; const clh_param* params;            /* caps NULL-terminated, may be NULL */
  clh_status  (*create)(const clh_host*, const void* spec /* clh_<kind>_spec */, const clh_value* args /* n_params of them,
                        checked, defaults filled */, clh_object* out, clh_error*);          /* [main]                          */
  const void* (*get_extension)(const char* id); };                                          /* [any]  may be NULL              */
typedef struct clh_plugin { uint32_t struct_size; uint16_t abi_major, abi_minor; uint32_t min_host_minor, n_components;
  const char *id, *version, *license, *url, *build;            /* id, version, license as in the note; url, build may be NULL  */
  const clh_component* const* components;
  const void* (*get_extension)(const char* id);                                             /* [any]  may be NULL              */
  void        (*shutdown)(void); } clh_plugin;                                              /* [main] may be NULL; after the last destroy */
CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host*, clh_error*);                 /* [load] the one export; NULL = refused */
/* 5 -- what a model is given; everything [main]; tensors in borrowed, out +1; autograd flows through ------------------------------- */
enum { CLH_CLASS_IL = 1, CLH_DOMAIN_IL, CLH_TASK_IL, CLH_TASK_FREE };
enum { CLH_HEAD_FIXED = 1, CLH_HEAD_INCREMENTAL, CLH_HEAD_MULTI, CLH_HEAD_COSINE, CLH_HEAD_GROUP_SUM, CLH_HEAD_OWN };
enum { CLH_PLAIN = 0, CLH_AUGMENTED = 1 };
enum { CLH_FROZEN = 1, CLH_COPY, CLH_FRESH };                  /* copy in eval mode without grad | trainable copy | newly initialised */
typedef struct clh_slot { const char* name; int64_t offset, count, first_output; clh_shape shape; } clh_slot;
                                         /* first_output: -1 = backbone, else row r of the slot belongs to output first_output + r  */
typedef struct clh_network_info { uint32_t struct_size; int32_t head;                       /* valid until the next begin_task */
  int64_t outputs, n_values, n_slots; uint64_t generation;     /* C so far, P, slots; generation grows with the head           */
  const clh_slot* slots; clh_shape features; } clh_network_info;
typedef struct clh_network_vt { uint32_t struct_size, reserved;
  const clh_network_info* (*info)(void* net);
  clh_map_fn *forward, *features, *classify, *encode;          /* x -> [B, C]; x -> [B, F]; [B, F] -> [B, C]; x -> bits (encoder/1) */
  clh_status (*both)(void* net, const clh_tensor* x, clh_tensor** out, clh_tensor** features, clh_error*);
  clh_status (*activations)(void* net, const clh_tensor* x, const clh_tensor_sink*, clh_error*);          /* needs gates/1     */
  clh_status (*gated)(void* net, const clh_tensor* x, const clh_tensor* const* gates, int64_t n, clh_tensor** out, clh_error*);
  clh_make_fn *values, *grads;                                 /* [P] each, sharing memory with parameters and their gradients */
  clh_flag_fn *set_training;
  clh_status (*spawn)(void* net, int32_t how, int64_t salt, void** other, clh_error*);      /* salt: FRESH only                */
  clh_status (*assign)(void* net, const void* other, clh_error*);                           /* values and buffers              */
  clh_end_fn *release; } clh_network_vt;                                                    /* of spawned ones                 */
typedef struct clh_optimizer_vt { uint32_t struct_size, reserved;
  clh_call_fn *zero_grad, *step, *reset;                       /* step then runs every after_step; reset forgets the moments   */
  double     (*rate)(void* opt);  clh_status (*set_rate)(void* opt, double, clh_error*);
  clh_status (*add)(void* opt, const char* name, const clh_tensor* leaf, clh_error*); } clh_optimizer_vt;  /* the model's own  */
typedef struct clh_criterion_vt { uint32_t struct_size, reserved;                           /* masks of head and scenario applied inside */
  clh_status (*loss)(void* crit, const clh_tensor* out, const clh_tensor* y, int32_t each, clh_tensor** loss, clh_error*);
} clh_criterion_vt;                                                                         /* each: 0 -> [], 1 -> [B]         */
typedef struct clh_augment_vt { uint32_t struct_size, reserved;                             /* raw -> (augment,) normalise     */
  clh_status (*apply)(void* aug, const clh_tensor* raw, int32_t view, clh_tensor** x, clh_error*); } clh_augment_vt;
typedef struct clh_model_spec { uint32_t struct_size; int32_t scenario;                     /* host's, valid until destroy     */
  const clh_network_vt* net_vt;    void* net;                  /* both NULL for a no-network model                             */
  const clh_optimizer_vt* opt_vt;  void* opt;
  const clh_criterion_vt* crit_vt; void* crit;
  const clh_augment_vt* aug_vt;    void* aug; } clh_model_spec;
typedef struct clh_task_data { uint32_t struct_size, reserved; void* ctx; int64_t size;     /* this task's training data alone; */
  clh_status (*read)(void* ctx, const int64_t* index, int64_t n, int32_t view, clh_tensor** x, clh_tensor** raw, clh_tensor** y,
                     clh_error*);                              /* valid during the call; a NULL out pointer = not wanted       */
  clh_status (*append)(void* ctx, const clh_tensor* raw, const clh_tensor* y, clh_error*);  /* in begin_task: merge samples in */
} clh_task_data;
struct clh_task { uint32_t struct_size; int32_t index, base, count;      /* base: -1 unless task-il; count: 0 unless needs:task-count */
  int64_t epochs, outputs_before, outputs, n_classes;          /* epochs: 0 = unknown; C before and with this task             */
  const int64_t* classes; const clh_task_data* data; };        /* output indices in this task; data NULL in online streams     */
typedef struct clh_batch { uint32_t struct_size; int32_t task;                              /* -1 with hidden boundaries       */
  int64_t epoch, index, per_epoch, step;                       /* batch index in the epoch, from 0; batches per epoch, 0 = unknown */
  const clh_tensor *x, *raw, *y, *ids; } clh_batch;            /* network input | before augmentation | [B] int64 outputs | [B] int64 */
typedef struct clh_query { uint32_t struct_size; int32_t task; const clh_tensor* x; } clh_query;          /* task -1 unless task-il */
/* 6 -- the six kinds; R = required, others may be NULL; everything [main] but dataset get ------------------------------------------ */
typedef struct clh_model_vt { uint32_t struct_size, reserved; clh_end_fn* destroy;          /* R                               */
  clh_tell_fn *begin_task, *end_task;  clh_tick_fn *begin_epoch, *end_epoch;
  clh_status (*observe)(void*, const clh_batch*, double* loss, clh_error*);                 /* R                               */
  clh_status (*predict)(void*, const clh_query*, clh_tensor** out, clh_error*);             /* NULL = network forward; [B, C]  */
  clh_flag_fn *set_training; } clh_model_vt;
typedef struct clh_backbone_spec { uint32_t struct_size, reserved; clh_shape input; double low, high; } clh_backbone_spec;   /* range of x */
typedef struct clh_backbone_vt { uint32_t struct_size, reserved; clh_end_fn* destroy;       /* R                               */
  clh_map_fn *features;  clh_dims_fn *feature_shape;           /* R R  x -> [B, F]                                             */
  clh_sink_fn *parameters, *buffers;                           /* R -  leaves, same names and order every time; e.g. batch-norm */
  clh_flag_fn *set_training;  clh_call_fn *after_step; } clh_backbone_vt;                   /* after_step: back into range     */
enum { CLH_TRAIN = 0, CLH_TEST, CLH_VALID };  enum { CLH_U8 = 1, CLH_F32 };
typedef struct clh_dataset_spec { uint32_t struct_size, reserved; const char* cache_dir; } clh_dataset_spec;      /* may be NULL */
typedef struct clh_dataset_info { uint32_t struct_size; int32_t dtype; clh_shape sample;    /* plugin's, valid until destroy   */
  int64_t n_classes, size[3];  const char* const* classes;     /* per split, -1 = known after open, 0 = none; names or NULL    */
  double low, high;  const double *mean, *std;                 /* value range; per channel for values in [0, 1], or NULL       */
  const char *augment, *license, *source, *how; } clh_dataset_info;   /* "crop:4,flip" or NULL; where from; how to get missing files */
typedef struct clh_dataset_vt { uint32_t struct_size, reserved; clh_end_fn* destroy;        /* R                               */
  const clh_dataset_info* (*info)(void*);  clh_call_fn *open;  /* R R  info works without the files, open needs them           */
  clh_status (*get)(void*, int32_t split, const int64_t* index, int64_t n, void* x, int64_t* y, clh_error*);
} clh_dataset_vt;                        /* R unless bulk/1; fills host memory; [worker] with parallel-get, else [main]         */
typedef struct clh_encoder_spec { uint32_t struct_size, reserved; clh_shape input; double low, high; } clh_encoder_spec;
typedef struct clh_encoder_vt { uint32_t struct_size, reserved; clh_end_fn* destroy;        /* R    float32, C-contiguous in   */
  clh_status (*fit)(void*, const clh_tensor* x, clh_error*);   /* [N, ...input]; NULL = nothing to fit                         */
  clh_dims_fn *output_shape;  clh_map_fn *encode; } clh_encoder_vt;                         /* R R  input dims + [bits]; uint8 0/1 */
typedef struct clh_node_spec { uint32_t struct_size; int32_t fan_in; int64_t units; } clh_node_spec;      /* fan_in k: 1 .. 8  */
typedef struct clh_node_vt { uint32_t struct_size, reserved; clh_end_fn* destroy;           /* R                               */
  clh_status (*forward)(void*, const clh_tensor* x, const clh_tensor* mapping, clh_tensor** y, clh_error*);
                                         /* R    x float [B, in], mapping int32 [units, k] -> y [B, units]                         */
  clh_sink_fn *parameters;  clh_make_fn *truth_table;          /* R R  uint8 [units, 2^k], pin 0 = lowest address bit          */
  clh_make_fn *table;                                          /*      float [units, 2^k] with grad; NULL = no table in training */
  clh_flag_fn *set_training;  clh_call_fn *after_step; } clh_node_vt;
typedef struct clh_layer_spec { uint32_t struct_size; int32_t index; clh_shape input; int64_t units; } clh_layer_spec;
typedef struct clh_layer_vt { uint32_t struct_size, reserved; clh_end_fn* destroy;          /* R    destroys its nodes too     */
  clh_map_fn *forward;  clh_dims_fn *output_shape;             /* R R                                                          */
  clh_sink_fn *parameters, *buffers;                           /* R -  its own and its nodes'                                  */
  clh_make_fn *mapping, *truth_table;                          /* R R  int32 [units, k], hard; uint8 [units, 2^k]              */
  clh_flag_fn *set_training;  clh_call_fn *after_step; } clh_layer_vt;
/* 7 -- extensions, each block independent; of a component unless said; [main] ------------------------------------------------------ */
typedef struct clh_torch_ext { uint32_t struct_size, sizeof_tensor, alignof_tensor, sizeof_generator;     /* "clh.torch/1", plugin */
  const char* fingerprint; } clh_torch_ext;                                                 /* level; required with needs=torch */
typedef struct clh_writer { uint32_t struct_size, reserved; void* ctx;                      /* keys unique within a record     */
  clh_status (*value)(void* ctx, const char* key, const clh_value*, clh_error*);
  clh_status (*bytes)(void* ctx, const char* key, const void*, uint64_t n, clh_error*);
  clh_status (*tensor)(void* ctx, const char* key, const clh_tensor*, clh_error*);
  clh_status (*enter)(void* ctx, const char* key, clh_error*);  clh_call_fn *leave; } clh_writer;         /* nested record     */
typedef struct clh_reader { uint32_t struct_size, reserved; void* ctx;                      /* value, bytes: valid until load returns */
  clh_status (*value)(void* ctx, const char* key, clh_type, clh_value* out, clh_error*);
  clh_status (*bytes)(void* ctx, const char* key, const void** out, uint64_t* n, clh_error*);
  clh_status (*tensor)(void* ctx, const char* key, clh_tensor** out, clh_error*);
  clh_status (*enter)(void* ctx, const char* key, clh_error*);  clh_call_fn *leave; } clh_reader;
typedef struct clh_state_ext { uint32_t struct_size, version;                               /* "clh.state/1"                   */
  clh_status (*save)(void* self, const clh_writer*, clh_error*);
  clh_status (*load)(void* self, uint32_t saved_version, const clh_reader*, clh_error*); } clh_state_ext;
typedef struct clh_network_state_ext { uint32_t struct_size, reserved;                       /* "clh.network.state/1", of the host: values and */
  clh_status (*save)(void* net, const clh_writer*, clh_error*);                             /* buffers of a network from spawn; load restores */
  clh_status (*load)(void* net, const clh_reader*, clh_error*); } clh_network_state_ext;    /* its outputs at the time of the save too        */
typedef struct clh_gate_layer { const char *name, *weight, *bias; int64_t units, input; } clh_gate_layer; /* input: index of the */
typedef struct clh_backbone_gates_ext { uint32_t struct_size, reserved;                     /* feeding layer, -1 = none        */
  const clh_gate_layer* (*layers)(void* self, int64_t* n);                                  /* "clh.backbone.gates/1"; until destroy */
  clh_status (*activations)(void* self, const clh_tensor* x, const clh_tensor_sink*, clh_error*);         /* in forward order  */
  clh_status (*features)(void* self, const clh_tensor* x, const clh_tensor* const* gates /* [units_i] */, int64_t n,
                         clh_tensor** out, clh_error*); } clh_backbone_gates_ext;
typedef struct clh_network_gates_ext { uint32_t struct_size, reserved;                       /* "clh.network.gates/1", of the host, 0.2: the */
  const clh_gate_layer* (*layers)(void* net, int64_t* n);                                   /* backbone's list, weight and bias named as   */
} clh_network_gates_ext;                                                                    /* slots; NULL without gates; until release    */
typedef struct clh_backbone_classifier_ext { uint32_t struct_size, reserved;                /* "clh.backbone.classifier/1"     */
  clh_tick_fn *resize;  clh_map_fn *classify; } clh_backbone_classifier_ext;                /* resize may only append parameters */
typedef struct clh_backbone_encoder_ext { uint32_t struct_size, reserved;                   /* "clh.backbone.encoder/1"        */
  clh_status (*fit)(void* self, const clh_tensor* x, clh_error*);  clh_map_fn *encode; } clh_backbone_encoder_ext;  /* -> uint8 [B, W] */
typedef struct clh_model_unlearn_ext { uint32_t struct_size, reserved; clh_tick_fn *unlearn; } clh_model_unlearn_ext;   /* "clh.model.unlearn/1" */
typedef struct clh_dataset_bulk_ext { uint32_t struct_size, reserved;                       /* "clh.dataset.bulk/1"; host takes both */
  clh_status (*load)(void* self, int32_t split, struct DLManagedTensor** x, struct DLManagedTensor** y, clh_error*);
} clh_dataset_bulk_ext;
typedef struct clh_dataset_tasks_ext { uint32_t struct_size, reserved;                      /* "clh.dataset.tasks/1"           */
  int64_t (*count)(void* self);  const char* (*name)(void* self, int64_t task);             /* name valid until destroy        */
  clh_status (*indices)(void* self, int32_t split, int64_t task, int64_t* out /* NULL: count only */, int64_t* n, clh_error*);
} clh_dataset_tasks_ext;
typedef struct clh_encoder_netlist_ext { uint32_t struct_size, reserved; clh_sink_fn *lower, *live; } clh_encoder_netlist_ext;
                                         /* "clh.encoder.netlist/1": comparators and small LUTs; uint8 [bits], 0 = constant or duplicate */
typedef struct clh_layer_bits_ext { uint32_t struct_size, reserved;                         /* "clh.layer.bits/1": uint8 0/1 + carrier */
  clh_status (*forward)(void* self, const clh_tensor* x, const clh_tensor* carrier, clh_tensor** y, clh_tensor** carrier_out, clh_error*);
} clh_layer_bits_ext;
typedef struct clh_array { void* data; int64_t rows, cols; } clh_array;                     /* float32, C-contiguous, CPU, borrowed */
typedef struct clh_node_vjp_ext { uint32_t struct_size, reserved;                           /* "clh.node.vjp/1": node without torch */
  clh_status (*forward)(void* self, const clh_array* x, const int32_t* mapping, const clh_array* params, clh_array* y, clh_error*);
  clh_status (*vjp)(void* self, const clh_array* x, const int32_t* mapping, const clh_array* params, const clh_array* gy, clh_array* gx,
                    clh_array* gparams, clh_error*); } clh_node_vjp_ext;                    /* adds into gx, gparams[i]        */
enum { CLH_LUT_MLE = 1, CLH_LUT_SMOOTH, CLH_LUT_RADIAL };      /* gradient: multilinear | table smoothed by coef[0] | k weights   */
typedef struct clh_lut_call { uint32_t struct_size; int32_t gradient, binarise, reserved;   /* binarise: output [T > level]    */
  double level; const double* coef; int64_t n_coef; const clh_tensor *mapping, *table;      /* as in clh_node_vt               */
  const clh_tensor *x, *carrier;  clh_tensor *y, *carrier_out; } clh_lut_call;  /* x float, or uint8 0/1 with a float gradient carrier */
typedef struct clh_lut_ext { uint32_t struct_size, reserved;                                /* "clh.lut/1", offered by the host */
  clh_status (*evaluate)(clh_lut_call*, clh_error*); } clh_lut_ext;                         /* y, carrier_out: results, +1     */
/* 8 -- layout: a change of any line is a change of the ABI ------------------------------------------------------------------------- */
static_assert(sizeof(clh_array) == 24, "clh_array: layout of ABI 0.2");
static_assert(sizeof(clh_augment_vt) == 16, "clh_augment_vt: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_classifier_ext) == 24, "clh_backbone_classifier_ext: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_encoder_ext) == 24, "clh_backbone_encoder_ext: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_gates_ext) == 32, "clh_backbone_gates_ext: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_spec) == 88, "clh_backbone_spec: layout of ABI 0.2");
static_assert(sizeof(clh_backbone_vt) == 64, "clh_backbone_vt: layout of ABI 0.2");
static_assert(sizeof(clh_batch) == 72, "clh_batch: layout of ABI 0.2");
static_assert(sizeof(clh_component) == 80, "clh_component: layout of ABI 0.2");
static_assert(sizeof(clh_criterion_vt) == 16, "clh_criterion_vt: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_bulk_ext) == 16, "clh_dataset_bulk_ext: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_info) == 176, "clh_dataset_info: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_spec) == 16, "clh_dataset_spec: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_tasks_ext) == 32, "clh_dataset_tasks_ext: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_vt) == 40, "clh_dataset_vt: layout of ABI 0.2");
static_assert(sizeof(clh_encoder_netlist_ext) == 24, "clh_encoder_netlist_ext: layout of ABI 0.2");
static_assert(sizeof(clh_encoder_spec) == 88, "clh_encoder_spec: layout of ABI 0.2");
static_assert(sizeof(clh_encoder_vt) == 40, "clh_encoder_vt: layout of ABI 0.2");
static_assert(sizeof(clh_error) == 1024, "clh_error: layout of ABI 0.2");
static_assert(sizeof(clh_factory) == 32, "clh_factory: layout of ABI 0.2");
static_assert(sizeof(clh_gate_layer) == 40, "clh_gate_layer: layout of ABI 0.2");
static_assert(sizeof(clh_host) == 120 + (CLH_TARGET_MINOR > 1 ? 8 : 0), "clh_host: layout of ABI 0.2");
static_assert(sizeof(clh_layer_bits_ext) == 16, "clh_layer_bits_ext: layout of ABI 0.2");
static_assert(sizeof(clh_layer_spec) == 80, "clh_layer_spec: layout of ABI 0.2");
static_assert(sizeof(clh_layer_vt) == 80, "clh_layer_vt: layout of ABI 0.2");
static_assert(sizeof(clh_lut_call) == 88, "clh_lut_call: layout of ABI 0.2");
static_assert(sizeof(clh_lut_ext) == 16, "clh_lut_ext: layout of ABI 0.2");
static_assert(sizeof(clh_model_spec) == 72, "clh_model_spec: layout of ABI 0.2");
static_assert(sizeof(clh_model_unlearn_ext) == 16, "clh_model_unlearn_ext: layout of ABI 0.2");
static_assert(sizeof(clh_model_vt) == 72, "clh_model_vt: layout of ABI 0.2");
static_assert(sizeof(clh_network_gates_ext) == 16, "clh_network_gates_ext: layout of ABI 0.2");
static_assert(sizeof(clh_network_info) == 112, "clh_network_info: layout of ABI 0.2");
static_assert(sizeof(clh_network_state_ext) == 24, "clh_network_state_ext: layout of ABI 0.2");
static_assert(sizeof(clh_network_vt) == 120, "clh_network_vt: layout of ABI 0.2");
static_assert(sizeof(clh_node_spec) == 16, "clh_node_spec: layout of ABI 0.2");
static_assert(sizeof(clh_node_vjp_ext) == 24, "clh_node_vjp_ext: layout of ABI 0.2");
static_assert(sizeof(clh_node_vt) == 64, "clh_node_vt: layout of ABI 0.2");
static_assert(sizeof(clh_object) == 24, "clh_object: layout of ABI 0.2");
static_assert(sizeof(clh_optimizer_vt) == 56, "clh_optimizer_vt: layout of ABI 0.2");
static_assert(sizeof(clh_param) == 80 + (CLH_TARGET_MINOR > 1 ? 32 : 0), "clh_param: layout of ABI 0.2");
static_assert(sizeof(clh_plugin) == 80, "clh_plugin: layout of ABI 0.2");
static_assert(sizeof(clh_query) == 16, "clh_query: layout of ABI 0.2");
static_assert(sizeof(clh_reader) == 56, "clh_reader: layout of ABI 0.2");
static_assert(sizeof(clh_shape) == 64, "clh_shape: layout of ABI 0.2");
static_assert(sizeof(clh_slot) == 96, "clh_slot: layout of ABI 0.2");
static_assert(sizeof(clh_state_ext) == 24, "clh_state_ext: layout of ABI 0.2");
static_assert(sizeof(clh_task) == 64, "clh_task: layout of ABI 0.2");
static_assert(sizeof(clh_task_data) == 40, "clh_task_data: layout of ABI 0.2");
static_assert(sizeof(clh_tensor_sink) == 24, "clh_tensor_sink: layout of ABI 0.2");
static_assert(sizeof(clh_torch_ext) == 24, "clh_torch_ext: layout of ABI 0.2");
static_assert(sizeof(clh_value) == 16, "clh_value: layout of ABI 0.2");
static_assert(sizeof(clh_writer) == 56, "clh_writer: layout of ABI 0.2");
#ifdef __cplusplus
}
#endif
#endif
