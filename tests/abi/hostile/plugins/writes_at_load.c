/* WritesAtLoad: writes the file that CLH_TRACE_FILE names as soon as code of this library runs. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void at_load(void) {
  const char* name = getenv("CLH_TRACE_FILE");
  FILE* file = name == NULL ? NULL : fopen(name, "w");
  if (file != NULL) {
    fputs("code of the plugin ran\n", file);
    fclose(file);
  }
}
