/* Exits: ends the process as if all were well. */
#include <stdlib.h>

__attribute__((constructor)) static void bite(void) {
  exit(0);
}
