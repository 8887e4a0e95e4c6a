/* Segfaults: writes to address 0 while it is loaded. */
__attribute__((constructor)) static void at_load(void) {
  volatile int* nowhere = 0;
  *nowhere = 1;
}
