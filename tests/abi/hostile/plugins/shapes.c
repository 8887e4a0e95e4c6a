/* Shapes: an encoder, a layer and a backbone in C that say their shape has the rank and the first
   dimension of the variables CLH_HOSTILE_RANK and CLH_HOSTILE_DIM. They make nothing. */
#include <clh/abi.h>

#include <stdlib.h>

#define PLUGIN_NOTE                                                                       \
  "clh-plugin 1\nabi=0.2 min=0.2\nid=org.clh.hostile.shape\nversion=0.1.0\nlicense=MIT\n" \
  "provides=encoder:hostile-shape layer:hostile-shape backbone:hostile-shape\nneeds=\n"
#include "note_section.h"

static void destroy(void* self) {
  (void)self;
}

static int64_t number(const char* variable) {
  const char* text = getenv(variable);
  return text == NULL ? 4 : strtoll(text, NULL, 10);
}

static void shape(void* self, clh_shape* out) {
  (void)self;
  out->rank = number("CLH_HOSTILE_RANK");
  for (int i = 0; i < 7; ++i) {
    out->dim[i] = i == 0 ? number("CLH_HOSTILE_DIM") : 2;
  }
}

static clh_status map(void* self, const clh_tensor* x, clh_tensor** out, clh_error* error) {
  (void)self, (void)x, (void)out, (void)error;
  return CLH_E_INTERNAL;
}

static clh_status make(void* self, clh_tensor** out, clh_error* error) {
  (void)self, (void)out, (void)error;
  return CLH_E_INTERNAL;
}

static clh_status sink(void* self, const clh_tensor_sink* to, clh_error* error) {
  (void)self, (void)to, (void)error;
  return CLH_OK;
}

static const clh_encoder_vt encoder = {
    .struct_size = sizeof encoder, .destroy = destroy, .output_shape = shape, .encode = map};
static const clh_layer_vt layer = {.struct_size = sizeof layer,
                                   .destroy = destroy,
                                   .forward = map,
                                   .output_shape = shape,
                                   .parameters = sink,
                                   .mapping = make,
                                   .truth_table = make};
static const clh_backbone_vt backbone = {.struct_size = sizeof backbone,
                                         .destroy = destroy,
                                         .features = map,
                                         .feature_shape = shape,
                                         .parameters = sink};

static clh_status give(const void* vtable, clh_object* out) {
  static char self;
  out->vtable = vtable;
  out->self = &self;
  return CLH_OK;
}

#define CREATE(kind)                                                                             \
  static clh_status create_##kind(const clh_host* host, const void* spec, const clh_value* args, \
                                  clh_object* out, clh_error* error) {                           \
    (void)host, (void)spec, (void)args, (void)error;                                             \
    return give(&kind, out);                                                                     \
  }
CREATE(encoder)
CREATE(layer)
CREATE(backbone)

#define COMPONENT(of_kind, made)                                                  \
  {                                                                               \
    .struct_size = sizeof(clh_component), .kind = of_kind, .id = "hostile-shape", \
    .title = "A shape", .doc = "A shape", .create = create_##made                 \
  }
static const clh_component components[] = {COMPONENT(CLH_ENCODER, encoder),
                                           COMPONENT(CLH_LAYER, layer),
                                           COMPONENT(CLH_BACKBONE, backbone)};
static const clh_component* const list[] = {&components[0], &components[1], &components[2]};

CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static const clh_plugin plugin = {.struct_size = sizeof plugin,
                                    .abi_major = CLH_ABI_MAJOR,
                                    .abi_minor = CLH_ABI_MINOR,
                                    .min_host_minor = CLH_TARGET_MINOR,
                                    .n_components = 3,
                                    .id = "org.clh.hostile.shape",
                                    .version = "0.1.0",
                                    .license = "MIT",
                                    .components = list};
  (void)host, (void)error;
  return &plugin;
}
