/* Prints on both streams while it is loaded. */
#include <stdio.h>

__attribute__((constructor)) static void at_load(void) {
  puts("printed on standard output");
  fputs("printed on standard error\n", stderr);
}
