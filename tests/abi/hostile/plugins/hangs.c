/* Hangs: never comes back from being loaded. */
#include <unistd.h>

__attribute__((constructor)) static void at_load(void) {
  for (;;) {
    pause();
  }
}
