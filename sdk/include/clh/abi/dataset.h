/* A dataset: a source of samples; tasks, transforms and batches are the host's. Everything [main]
   but get. The samples are the same every time, whatever the seed. */
#ifndef CLH_ABI_DATASET_H
#define CLH_ABI_DATASET_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Splits. */
enum { CLH_TRAIN = 0, CLH_TEST, CLH_VALID };

/* Types of the samples: uint8, float32. */
enum { CLH_U8 = 1, CLH_F32 };

/* What a dataset is created with; borrowed. */
typedef struct clh_dataset_spec {
  uint32_t struct_size;
  uint32_t reserved;
  /* A folder for files of its own; may be NULL. */
  const char* cache_dir;
} clh_dataset_spec;

/* What is known of a dataset. Plugin's, valid until the instance's destroy. */
typedef struct clh_dataset_info {
  uint32_t struct_size;
  /* CLH_U8 or CLH_F32. */
  int32_t dtype;
  /* Shape of one sample, of one dimension or more; [C, H, W] for images. */
  clh_shape sample;
  /* 1 to 1 048 576. */
  int64_t n_classes;
  /* Samples of each split, at CLH_TRAIN, CLH_TEST, CLH_VALID; -1 = known after open, or with
     clh.dataset.bulk/1 after load; 0 = none. */
  int64_t size[3];
  /* [n_classes] names, or NULL. */
  const char* const* classes;
  /* The least value as it is stored. The host maps [low, high] to [0, 1]. */
  double low;
  /* The greatest, above low. */
  double high;
  /* Mean of values mapped to [0, 1]: one for each channel (sample.dim[0], if the sample has three
     dimensions), else one; or NULL. */
  const double* mean;
  /* Their standard deviation, above 0, likewise. */
  const double* std;
  /* What the host does to training images: "crop:4,flip", or NULL. */
  const char* augment;
  /* The data's license. */
  const char* license;
  /* Where the data are from. */
  const char* source;
  /* How to get missing files; the user reads it. */
  const char* how;
} clh_dataset_info;

/* Table of a dataset. */
typedef struct clh_dataset_vt {
  uint32_t struct_size;
  uint32_t reserved;

  /* R Ends the instance. */
  clh_end_fn* destroy;

  /* R Works without the files. Never NULL. */
  const clh_dataset_info* (*info)(void*);

  /* R Once: looks for the files.
     Errors: CLH_E_IO for one that is missing, CLH_E_INVALID for a damaged one. */
  clh_call_fn* open;

  /* R unless clh.dataset.bulk/1. [worker] with the capability parallel-get, else [main]. Fills host
     memory with the samples index [n] of a split: x [n, ...sample] of the dtype, C-contiguous, and
     labels y [n], each below n_classes.
     Errors: CLH_E_INVALID for an index beyond; as of open. */
  clh_status (*get)(void*, int32_t split, const int64_t* index, int64_t n, void* x, int64_t* y,
                    clh_error*);
} clh_dataset_vt;

/* "clh.dataset.bulk/1": whole splits, in place of get. */
typedef struct clh_dataset_bulk_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* x: [N, ...sample] of the dtype in info; y: int64 [N]. The host takes both over and calls their
     deleters.
     Errors: as of open. */
  clh_status (*load)(void* self, int32_t split, struct DLManagedTensor** x,
                     struct DLManagedTensor** y, clh_error*);
} clh_dataset_bulk_ext;

/* "clh.dataset.tasks/1": tasks that the dataset itself defines. The host does not use it yet. */
typedef struct clh_dataset_tasks_ext {
  uint32_t struct_size;
  uint32_t reserved;
  /* Number of tasks. */
  int64_t (*count)(void* self);
  /* Name of one, from 0. Plugin's, valid until the instance's destroy. */
  const char* (*name)(void* self, int64_t task);
  /* The samples of a split that belong to a task, and n, how many; out NULL = count only. */
  clh_status (*indices)(void* self, int32_t split, int64_t task, int64_t* out, int64_t* n,
                        clh_error*);
} clh_dataset_tasks_ext;

static_assert(sizeof(clh_dataset_spec) == 16, "clh_dataset_spec: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_info) == 176, "clh_dataset_info: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_vt) == 40, "clh_dataset_vt: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_bulk_ext) == 16, "clh_dataset_bulk_ext: layout of ABI 0.2");
static_assert(sizeof(clh_dataset_tasks_ext) == 32, "clh_dataset_tasks_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
