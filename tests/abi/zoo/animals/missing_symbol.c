/* MissingSymbol: calls a function that no library has. */
int clh_zoo_absent_function(void);

__attribute__((constructor)) static void bite(void) {
  clh_zoo_absent_function();
}
