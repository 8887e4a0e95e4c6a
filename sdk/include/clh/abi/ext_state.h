/* Saved states: keyed, typed records, whose file is the host's. Everything [main]. */
#ifndef CLH_ABI_EXT_STATE_H
#define CLH_ABI_EXT_STATE_H

#include <clh/abi/options.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a record. Host's, borrowed. What is given is copied. Keys are unique within a record.
   Errors: CLH_E_STATE for a key that is there already. */
typedef struct clh_writer {
  uint32_t struct_size;
  uint32_t reserved;
  /* First argument of the functions. */
  void* ctx;

  /* A value of any type but COMPONENT. */
  clh_status (*value)(void* ctx, const char* key, const clh_value*, clh_error*);

  /* n bytes; of none the pointer may be NULL. */
  clh_status (*bytes)(void* ctx, const char* key, const void*, uint64_t n, clh_error*);

  /* Its values alone; NULL is kept too. */
  clh_status (*tensor)(void* ctx, const char* key, const clh_tensor*, clh_error*);

  /* Begins a nested record. */
  clh_status (*enter)(void* ctx, const char* key, clh_error*);

  /* Ends it. */
  clh_call_fn* leave;
} clh_writer;

/* Reads what a clh_writer wrote, in any order. Host's, borrowed.
   Errors: CLH_E_STATE for a key that is missing or has another type. */
typedef struct clh_reader {
  uint32_t struct_size;
  uint32_t reserved;
  /* First argument of the functions. */
  void* ctx;

  /* The value of a type; what it points to is the host's, valid until load returns. */
  clh_status (*value)(void* ctx, const char* key, clh_type, clh_value* out, clh_error*);

  /* n bytes; the host's, valid until load returns. */
  clh_status (*bytes)(void* ctx, const char* key, const void** out, uint64_t* n, clh_error*);

  /* out: +1, memory of its own; NULL if NULL was written. */
  clh_status (*tensor)(void* ctx, const char* key, clh_tensor** out, clh_error*);

  /* Begins a nested record. */
  clh_status (*enter)(void* ctx, const char* key, clh_error*);

  /* Ends it. */
  clh_call_fn* leave;
} clh_reader;

/* "clh.state/1" of any component: what is its own. The host saves the rest: parameters, buffers,
   moments, random streams, the place in the stream. */
typedef struct clh_state_ext {
  uint32_t struct_size;
  /* Of the keys; to be raised with every change of them. */
  uint32_t version;

  /* R Between any two calls; changes nothing. */
  clh_status (*save)(void* self, const clh_writer*, clh_error*);

  /* R After create. Data of an older version are offered with theirs, those of a newer one never.
     A state of the same version is read whole: the host refuses a key that is passed over.
     Errors: CLH_E_STATE for a missing, damaged or mistyped entry. */
  clh_status (*load)(void* self, uint32_t saved_version, const clh_reader*, clh_error*);
} clh_state_ext;

/* "clh.network.state/1" of the host: values and buffers of a network from spawn, and the moments of
   one that trains. load restores its outputs at the time of the save too. */
typedef struct clh_network_state_ext {
  uint32_t struct_size;
  uint32_t reserved;

  /* Changes nothing. */
  clh_status (*save)(void* net, const clh_writer*, clh_error*);

  /* Errors: CLH_E_STATE for the state of another network. */
  clh_status (*load)(void* net, const clh_reader*, clh_error*);
} clh_network_state_ext;

static_assert(sizeof(clh_writer) == 56, "clh_writer: layout of ABI 0.2");
static_assert(sizeof(clh_reader) == 56, "clh_reader: layout of ABI 0.2");
static_assert(sizeof(clh_state_ext) == 24, "clh_state_ext: layout of ABI 0.2");
static_assert(sizeof(clh_network_state_ext) == 24, "clh_network_state_ext: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
