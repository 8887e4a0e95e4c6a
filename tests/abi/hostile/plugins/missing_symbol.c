/* MissingSymbol: calls a function that no library has. */
int clh_absent_function(void);

__attribute__((constructor)) static void at_load(void) {
  clh_absent_function();
}
