/* StealsSignals: takes SIGINT and SIGTERM for itself, so that nobody can stop the run. */
#include <signal.h>

__attribute__((constructor)) static void at_load(void) {
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
}
