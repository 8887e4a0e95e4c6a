/* SwapsItself: puts another file, CLH_OTHER, in its own place, CLH_SELF, while it is loaded. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void at_load(void) {
  if (getenv("CLH_OTHER") != NULL) {
    rename(getenv("CLH_OTHER"), getenv("CLH_SELF"));
  }
}
