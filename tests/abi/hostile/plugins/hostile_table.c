/* HostileTable: a plugin in C whose table breaks the contract as the variable CLH_HOSTILE_TABLE
   says; without it, the table is as it should be. */
#include <clh/abi.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLUGIN_NOTE                                                                       \
  "clh-plugin 1\nabi=0.2 min=0.2\nid=org.clh.hostile.table\nversion=0.1.0\nlicense=MIT\n" \
  "provides=model:hostile-table model:hostile-spare\nneeds=\n"                            \
  "caps=model:hostile-table=class-il model:hostile-spare=class-il\n"
#include "note_section.h"

static int is(const char* fault) {
  const char* wanted = getenv("CLH_HOSTILE_TABLE");
  return wanted != NULL && strcmp(wanted, fault) == 0;
}

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  (void)host, (void)spec, (void)args, (void)out;
  snprintf(error->message, sizeof error->message, "the table was accepted");
  return CLH_E_INTERNAL;
}

static const char* const kCaps[] = {"class-il", NULL};
static const char* const kColours[] = {"red", "green", NULL};

static clh_param params[2];
static clh_component components[2];
static const clh_component* list[2];

static void make_params(void) {
  params[0] = (clh_param){.struct_size = sizeof(clh_param),
                          .flags = CLH_HAS_MIN | CLH_HAS_MAX,
                          .name = "size",
                          .doc = "a number",
                          .type = CLH_INT,
                          .min = 1,
                          .max = 9};
  params[0].def = (clh_value){.type = CLH_INT, .n = 1, .u.i = is("default-out-of-bounds") ? 12 : 3};
  params[1] = (clh_param){.struct_size = sizeof(clh_param),
                          .name = "colour",
                          .doc = "a colour",
                          .type = CLH_CHOICE,
                          .choices = kColours};
  params[1].def = (clh_value){.type = CLH_CHOICE, .n = 1, .u.i = is("default-no-choice") ? 2 : 0};
  if (is("default-of-another-type")) {
    params[0].def.type = CLH_REAL;
  }
  if (is("default-not-finite")) {
    params[0].type = CLH_REAL;
    params[0].def = (clh_value){.type = CLH_REAL, .n = 1, .u.r = NAN};
  }
  if (is("option-size")) {
    params[1].struct_size = 8;
  }
  if (is("option-without-text")) {
    params[1].doc = NULL;
  }
  if (is("option-twice")) {
    params[1].name = "size";
  }
}

static void make_components(void) {
  for (int i = 0; i < 2; ++i) {
    components[i] = (clh_component){.struct_size = sizeof(clh_component),
                                    .kind = CLH_MODEL,
                                    .id = i == 0 ? "hostile-table" : "hostile-spare",
                                    .title = "A table",
                                    .doc = "A table",
                                    .caps = kCaps,
                                    .n_params = 2,
                                    .params = params,
                                    .create = create};
    list[i] = &components[i];
  }
  clh_component* c = &components[0];
  if (is("component-null")) {
    list[0] = NULL;
  } else if (is("component-short")) {
    c->struct_size = 16;
  } else if (is("component-huge")) {
    c->struct_size = 1U << 30;
  } else if (is("create-null")) {
    c->create = NULL;
  } else if (is("id-null")) {
    c->id = NULL;
  } else if (is("id-bad")) {
    c->id = "Hostile Table";
  } else if (is("id-twice")) {
    components[1].id = "hostile-table";
  } else if (is("title-null")) {
    c->title = NULL;
  } else if (is("doc-null")) {
    c->doc = NULL;
  } else if (is("kind-unknown")) {
    c->kind = 77;
  } else if (is("params-null")) {
    c->params = NULL;
  }
}

CLH_EXPORT const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  static clh_plugin tables[2];
  static int calls = 0;
  (void)host;
  if (is("null")) {
    return NULL;
  }
  if (is("refuses")) {
    snprintf(error->message, sizeof error->message, "expected a full moon, found a new one");
    return NULL;
  }
  if (is("refuses-without-end")) {
    memset(error->message, 'm', sizeof error->message);
    return NULL;
  }
  if (is("refuses-in-colour")) {
    snprintf(error->message, sizeof error->message, "expected grey,\nfound \033[31mred");
    return NULL;
  }
  make_params();
  make_components();
  clh_plugin* table = &tables[is("another-table-each-call") ? calls % 2 : 0];
  *table = (clh_plugin){.struct_size = sizeof *table,
                        .abi_major = CLH_ABI_MAJOR,
                        .abi_minor = CLH_ABI_MINOR,
                        .min_host_minor = CLH_TARGET_MINOR,
                        .n_components = 2,
                        .id = "org.clh.hostile.table",
                        .version = "0.1.0",
                        .license = "MIT",
                        .components = list};
  ++calls;
  if (is("other-words-each-call") && calls > 1) {
    components[0].title = "Another table";
  }
  if (is("null-on-the-second-call") && calls > 1) {
    return NULL;
  }
  if (is("size-0")) {
    table->struct_size = 0;
  } else if (is("size-short")) {
    table->struct_size = sizeof *table - 8;
  } else if (is("size-huge")) {
    table->struct_size = UINT32_MAX;
  } else if (is("major")) {
    table->abi_major = CLH_ABI_MAJOR + 1;
  } else if (is("newer-minor")) {
    table->abi_minor = CLH_ABI_MINOR + 1;
    table->min_host_minor = CLH_ABI_MINOR + 1;
  } else if (is("components-null")) {
    table->components = NULL;
  } else if (is("id-other")) {
    table->id = "org.clh.hostile.other";
  } else if (is("version-null")) {
    table->version = NULL;
  } else if (is("fewer-components")) {
    table->n_components = 1;
  }
  return table;
}
