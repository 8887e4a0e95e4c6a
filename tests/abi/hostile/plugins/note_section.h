/* The note of a plugin: define PLUGIN_NOTE, then include this. */
#include <stdint.h>

static const struct {
  uint32_t name_size, text_size, type;
  char owner_name[4], note_text[sizeof(PLUGIN_NOTE)];
} note __attribute__((section(".note.clh"), used, aligned(4))) = {4, sizeof(PLUGIN_NOTE), 1, "clh",
                                                                  PLUGIN_NOTE};
