/* WellBehaved: a dataset in C that keeps the contract. Most hostile plugins are this one with one
   thing changed: a macro on the compiler's command line, or one more source file that does harm
   when it is loaded. */
#include <clh/abi.h>

#ifndef NOTE
#define NOTE                                                                     \
  "clh-plugin 1\nabi=0.1 "                                                       \
  "min=0.1\nid=org.clh.test.well-behaved\nversion=1.0.0\nlicense=MIT\nprovides=" \
  "dataset:well-behaved\nneeds=\n"
#endif

#define HIDDEN_NOTE(name, owner, text)           \
  static const struct {                          \
    uint32_t name_size, text_size, type;         \
    char owner_name[4], note_text[sizeof(text)]; \
  } name __attribute__((section(".note.clh"), used, aligned(4))) = {4, sizeof(text), 1, owner, text}

#ifndef WITHOUT_NOTE
HIDDEN_NOTE(note, "clh", NOTE);
#endif
#ifdef SECOND_NOTE
HIDDEN_NOTE(second_note, "clh", SECOND_NOTE);
#endif

enum { PIXELS = 4, CLASSES = 4, TRAIN = 40, TEST = 20 };

static int opened = 0; /* a lie may begin with that */

static void destroy(void* self) {
  (void)self;
}

static const clh_dataset_info* info(void* self) {
  static clh_dataset_info table = {sizeof(clh_dataset_info),
                                   CLH_U8,
                                   {3, {1, 2, 2}},
                                   CLASSES,
                                   {TRAIN, TEST, 0},
                                   NULL,
                                   0,
                                   255,
                                   NULL,
                                   NULL,
                                   NULL,
                                   "MIT",
                                   "made by the plugin",
                                   "nothing to get"};
  (void)self;
#ifdef LIE /* a statement about `table` */
  LIE;
#endif
  return &table;
}

static clh_status open_files(void* self, clh_error* error) {
  (void)self;
  (void)error;
  opened = 1;
#ifdef MUMBLE /* fails with this status and a message without an end */
  for (unsigned i = 0; i < sizeof error->message; ++i) {
    error->message[i] = 'm';
  }
  return MUMBLE;
#elif defined(STEER) /* fails with this status and a message that steers a terminal */
  static const char steer[] = "expected a line,\nfound \033[31mtwo";
  for (unsigned i = 0; i < sizeof steer; ++i) {
    error->message[i] = steer[i];
  }
  return STEER;
#else
  return CLH_OK;
#endif
}

static clh_status get(void* self, int32_t split, const int64_t* index, int64_t n, void* x,
                      int64_t* y, clh_error* error) {
  unsigned char* pixel = (unsigned char*)x;
  (void)self;
  (void)split;
  (void)error;
  for (int64_t i = 0; i < n; ++i) {
    y[i] = index[i] % CLASSES;
    for (int p = 0; p < PIXELS; ++p) {
      *pixel++ = p == y[i] ? 250 : 10;
    }
  }
  return CLH_OK;
}

static const clh_dataset_vt table = {sizeof(clh_dataset_vt), 0, destroy, info, open_files, get};

static clh_status create(const clh_host* host, const void* spec, const clh_value* args,
                         clh_object* out, clh_error* error) {
  static char self;
  (void)host;
  (void)spec;
  (void)args;
  (void)error;
  out->vtable = &table;
  out->self = &self;
  return CLH_OK;
}

#ifdef FORGED_TORCH /* says that it passes LibTorch's tensors, of sizes that no LibTorch has */
#include <string.h>

static const void* get_extension(const char* id) {
  static const clh_torch_ext torch = {sizeof(clh_torch_ext), 1, 1, 1, FORGED_TORCH};
  return strcmp(id, "clh.torch/1") == 0 ? &torch : NULL;
}
#else
#define get_extension NULL
#endif

static const clh_component component = {sizeof(clh_component),
                                        CLH_DATASET,
                                        "well-behaved",
                                        "Well behaved",
                                        "Keeps the contract",
                                        NULL,
                                        NULL,
                                        0,
                                        0,
                                        NULL,
                                        create,
                                        NULL};
static const clh_component* const components[] = {&component};
static const clh_plugin plugin = {sizeof(clh_plugin),
                                  0,
                                  1,
                                  1,
                                  1,
                                  "org.clh.test.well-behaved",
                                  "1.0.0",
                                  "MIT",
                                  NULL,
                                  NULL,
                                  components,
                                  get_extension,
                                  NULL};

const clh_plugin* clh_plugin_entry(const clh_host* host, clh_error* error) {
  (void)host;
  (void)error;
  return &plugin;
}
