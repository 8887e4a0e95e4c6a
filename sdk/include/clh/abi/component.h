/* What a plugin says of itself: its table, its components, and the function that gives them. All
   of it is static data of the plugin, valid as long as the process (R5, R16). */
#ifndef CLH_ABI_COMPONENT_H
#define CLH_ABI_COMPONENT_H

#include <clh/abi/host.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One thing that a plugin offers. Id, kind and capabilities are the note's. */
struct clh_component {
  uint32_t struct_size;
  /* R CLH_MODEL ... */
  clh_kind kind;
  /* R kebab-case, once among the plugin's components of this kind. */
  const char* id;
  /* R one line. */
  const char* title;
  /* R any number of lines. */
  const char* doc;
  /* The paper; may be NULL. */
  const char* cite;
  /* Capabilities, NULL-terminated; may be NULL. */
  const char* const* caps;
  /* Length of `params`. */
  uint32_t n_params;
  uint32_t reserved;
  /* The options; may be NULL if there are none. */
  const clh_param* params;

  /* R [main] Makes an instance: writes out->vtable and out->self; out->component is the host's to
     set. The host table is valid until the instance's destroy. `spec` is the clh_<kind>_spec of
     the kind, borrowed; a model's is valid until its destroy. `args` are n_params values in the
     order of params, checked, defaults filled in; borrowed, but factories among them are valid
     until the instance's destroy. LibTorch's default generator is seeded meanwhile.
     Errors: CLH_E_INVALID for options that do not suit each other or the spec. */
  clh_status (*create)(const clh_host*, const void* spec, const clh_value* args, clh_object* out,
                       clh_error*);

  /* [any] The component's table of an extension, NULL = unknown id; `self` of its functions is the
     instance. Plugin's, valid as long as the process. May be NULL. */
  const void* (*get_extension)(const char* id);
};

/* The plugin. */
typedef struct clh_plugin {
  uint32_t struct_size;
  /* R CLH_ABI_MAJOR. */
  uint16_t abi_major;
  /* R CLH_ABI_MINOR. */
  uint16_t abi_minor;
  /* R The lowest minor of a host that it can use: CLH_TARGET_MINOR, or less where it looks with
     CLH_HAS. */
  uint32_t min_host_minor;
  /* Length of `components`. */
  uint32_t n_components;
  /* R as in the note, such as "org.example.er". */
  const char* id;
  /* R as in the note, such as "1.2.0". */
  const char* version;
  /* R as in the note, such as "MIT". */
  const char* license;
  /* Where it is from, for people; may be NULL. */
  const char* url;
  /* How it was built, for people; may be NULL. */
  const char* build;
  /* R [n_components]. */
  const clh_component* const* components;
  /* [any] The plugin's table of an extension, such as clh.torch/1; NULL = unknown id. May be
     NULL. */
  const void* (*get_extension)(const char* id);
  /* [main] After the last destroy; cannot fail. May be NULL. The host does not call it today; do
     not depend on it (R16). */
  void (*shutdown)(void);
} clh_plugin;

/* [load] The one symbol that a plugin exports. Gives the same table at every call and does nothing
   else (R8). NULL = the plugin refuses this host; the error says why. */
CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host*, clh_error*);

static_assert(sizeof(clh_component) == 80, "clh_component: layout of ABI 0.2");
static_assert(sizeof(clh_plugin) == 80, "clh_plugin: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
