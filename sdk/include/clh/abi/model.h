/* A model: a continual-learning algorithm. The host owns network, optimizer, loss and loop; a model
   says what happens with a batch. Everything [main]. It sees the training data of the present task
   and nothing else (R12). */
#ifndef CLH_ABI_MODEL_H
#define CLH_ABI_MODEL_H

#include <clh/abi/network.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Scenarios. */
enum { CLH_CLASS_IL = 1, CLH_DOMAIN_IL, CLH_TASK_IL, CLH_TASK_FREE };

/* What a model is created with. Host's, valid until its destroy. */
typedef struct clh_model_spec {
  uint32_t struct_size;
  /* CLH_CLASS_IL ... */
  int32_t scenario;
  /* The network: its table, and the first argument of the table's functions. Both NULL for a model
     with the capability no-network. */
  const clh_network_vt* net_vt;
  void* net;
  /* The optimizer, likewise. */
  const clh_optimizer_vt* opt_vt;
  void* opt;
  /* The loss, likewise. */
  const clh_criterion_vt* crit_vt;
  void* crit;
  /* Augmentation; never NULL. */
  const clh_augment_vt* aug_vt;
  void* aug;
} clh_model_spec;

/* The training data of the present task alone. Host's, valid during the call that gives it. */
typedef struct clh_task_data {
  uint32_t struct_size;
  uint32_t reserved;
  /* First argument of the functions. */
  void* ctx;
  /* Samples, with those that were appended. */
  int64_t size;

  /* Samples by position: index [n], each in [0, size). x: float32 [n, ...], as `view` (CLH_PLAIN,
     CLH_AUGMENTED) says; raw: [n, ...] in the dataset's dtype; y: outputs, int64 [n]. Each +1;
     a NULL out pointer = not wanted.
     Errors: CLH_E_INVALID for a position beyond. */
  clh_status (*read)(void* ctx, const int64_t* index, int64_t n, int32_t view, clh_tensor** x,
                     clh_tensor** raw, clh_tensor** y, clh_error*);

  /* In begin_task: merges samples into this task's training set, until the next task. raw [n, ...]
     in the dataset's shape and dtype, y int64 [n].
     Errors: CLH_E_INVALID for others, or in another call. */
  clh_status (*append)(void* ctx, const clh_tensor* raw, const clh_tensor* y, clh_error*);
} clh_task_data;

/* The task that begins or ends. Host's, valid during the call. */
struct clh_task {
  uint32_t struct_size;
  /* Its place among those that are trained on, from 0. */
  int32_t index;
  /* task-il: the number by which clh_query.task names it; else -1. */
  int32_t base;
  /* Number of tasks; 0 without the capability needs:task-count. */
  int32_t count;
  /* Passes over it; 0 = unknown. */
  int64_t epochs;
  /* C before this task. */
  int64_t outputs_before;
  /* C with this task. */
  int64_t outputs;
  /* Length of `classes`. */
  int64_t n_classes;
  /* [n_classes] output indices in this task, ascending. */
  const int64_t* classes;
  /* NULL when the stream gives no task data. */
  const clh_task_data* data;
};

/* A training batch. Host's, valid during the call; whoever keeps a tensor retains it. */
typedef struct clh_batch {
  uint32_t struct_size;
  /* Index of the task; -1 with hidden boundaries (task-free). */
  int32_t task;
  /* From 0; 0 with hidden boundaries. */
  int64_t epoch;
  /* Batch of the epoch, from 0; equal to step with hidden boundaries. */
  int64_t index;
  /* Batches of an epoch; 0 = unknown. */
  int64_t per_epoch;
  /* Batch of the run, from 0. */
  int64_t step;
  /* Network input: float32 [B, ...], augmented and normalized. */
  const clh_tensor* x;
  /* Before augmentation: [B, ...] in the dataset's dtype. Memories keep it, and replay goes through
     clh_augment_vt. */
  const clh_tensor* raw;
  /* Output indices, int64 [B], in every scenario. */
  const clh_tensor* y;
  /* Numbers of the samples, int64 [B]: the same in each epoch, another where a task transforms the
     picture; -1 = appended. */
  const clh_tensor* ids;
} clh_batch;

/* What is asked in evaluation. Host's, valid during the call. */
typedef struct clh_query {
  uint32_t struct_size;
  /* task-il: the task's number; else -1. */
  int32_t task;
  /* Network input: float32 [B, ...], normalized. */
  const clh_tensor* x;
} clh_query;

/* Table of a model. After a failure of begin_task, begin_epoch, observe, end_epoch or end_task the
   instance is destroyed, never used again. With hidden boundaries the calls for tasks and epochs do
   not come. */
typedef struct clh_model_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Ends the instance. */
  clh_end_fn* destroy;

  /* Before a task's first batch. */
  clh_tell_fn* begin_task;

  /* After a task's last batch, before the evaluation. */
  clh_tell_fn* end_task;

  /* Before each pass over the task; the number is the epoch's, from 0. */
  clh_tick_fn* begin_epoch;

  /* After it, with the same number. */
  clh_tick_fn* end_epoch;

  /* R One training step. loss: for the curve, always written; one that is not finite ends the run,
     unless the user wants it to go on. */
  clh_status (*observe)(void*, const clh_batch*, double* loss, clh_error*);

  /* Answers in eval mode, without gradients, changing nothing. out: [B, C], +1, with at least as
     many columns as there are outputs so far; the host applies the scenario's mask. NULL = the
     network's forward. R with the capability no-network. */
  clh_status (*predict)(void*, const clh_query*, clh_tensor** out, clh_error*);

  /* On before training and after each evaluation, off before it. */
  clh_flag_fn* set_training;
} clh_model_vt;

/* "clh.model.unlearn/1". The host does not use it yet. */
typedef struct clh_model_unlearn_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* Forgets what the number names. */
  clh_tick_fn* unlearn;
} clh_model_unlearn_ext;

static_assert(sizeof(clh_model_spec) == 72, "clh_model_spec: layout of ABI 0.2");
static_assert(sizeof(clh_task_data) == 40, "clh_task_data: layout of ABI 0.2");
static_assert(sizeof(clh_task) == 64, "clh_task: layout of ABI 0.2");
static_assert(sizeof(clh_batch) == 72, "clh_batch: layout of ABI 0.2");
static_assert(sizeof(clh_query) == 16, "clh_query: layout of ABI 0.2");
static_assert(sizeof(clh_model_vt) == 72, "clh_model_vt: layout of ABI 0.2");
static_assert(sizeof(clh_model_unlearn_ext) == 16, "clh_model_unlearn_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
