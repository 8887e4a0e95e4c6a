/* Segfaults: writes to address 0 while it is loaded. */
__attribute__((constructor)) static void bite(void) {
  volatile int* nowhere = 0;
  *nowhere = 1;
}
