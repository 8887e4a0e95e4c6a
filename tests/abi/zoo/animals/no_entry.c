/* No entry: a note, and nothing behind it. */
#define ZOO_NOTE                                                                       \
  "clh-plugin 1\nabi=0.1 min=0.1\nid=org.clh.zoo.hollow\nversion=0.1.0\nlicense=MIT\n" \
  "provides=model:zoo-hollow\nneeds=\ncaps=model:zoo-hollow=class-il\n"
#include "zoo_note.h"

static const int nothing = 0;
const int* clh_zoo_nothing(void);
const int* clh_zoo_nothing(void) {
  return &nothing;
}
