/* "clh.torch/1" of the plugin: the LibTorch that it was built for. */
#ifndef CLH_ABI_EXT_TORCH_H
#define CLH_ABI_EXT_TORCH_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* R where the note has needs=torch. Given by clh_plugin.get_extension; compared with the host's
   before anything is created.
   Rationale: tensors cross as pointers to LibTorch's own objects, whose counts both sides change
   with inlined code. */
typedef struct clh_torch_ext {
  uint32_t struct_size;
  /* Bytes of a c10::TensorImpl. */
  uint32_t sizeof_tensor;
  /* Its alignment. */
  uint32_t alignof_tensor;
  /* Bytes of a c10::GeneratorImpl. */
  uint32_t sizeof_generator;
  /* The text of the note's line torch=. */
  const char* fingerprint;
} clh_torch_ext;

static_assert(sizeof(clh_torch_ext) == 24, "clh_torch_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
