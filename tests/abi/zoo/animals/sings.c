/* Sings: writes the file that CLH_CANARY names as soon as code of this library runs. */
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void sing(void) {
  const char* name = getenv("CLH_CANARY");
  FILE* file = name == NULL ? NULL : fopen(name, "w");
  if (file != NULL) {
    fputs("code of the canary ran\n", file);
    fclose(file);
  }
}
