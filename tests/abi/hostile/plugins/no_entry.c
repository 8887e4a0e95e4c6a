/* No entry: a note, and nothing behind it. */
#define PLUGIN_NOTE                                                                          \
  "clh-plugin 1\nabi=0.2 min=0.2\nid=org.clh.hostile.no-entry\nversion=0.1.0\nlicense=MIT\n" \
  "provides=model:hostile-no-entry\nneeds=\ncaps=model:hostile-no-entry=class-il\n"
#include "note_section.h"

static const int nothing = 0;
const int* clh_nothing(void);
const int* clh_nothing(void) {
  return &nothing;
}
