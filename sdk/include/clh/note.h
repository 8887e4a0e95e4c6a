/* The note of a plugin that is built without clh_add_plugin, in C or C++: what the host reads of the file before it runs
   any of its code. Once in a plugin, outside of functions, as lines of "key=value\n":

     CLH_NOTE("id=org.example.waves\nversion=1.0.0\nlicense=MIT\nprovides=dataset:waves\nneeds=\n");

   "provides" lists kind:name, separated by spaces; "needs" is empty without LibTorch; capabilities stand in
   "caps=kind:name=capability,...". The lines for the note's form and the ABI are added here. clh_add_plugin writes its own. */
#ifndef CLH_NOTE_H
#define CLH_NOTE_H
#include <clh/abi.h>
#define CLH_NOTE_DIGITS_(number) #number
#define CLH_NOTE_DIGITS(number) CLH_NOTE_DIGITS_(number)
#define CLH_NOTE_HEAD                                                                                               \
  "clh-plugin 1\nabi=" CLH_NOTE_DIGITS(CLH_ABI_MAJOR) "." CLH_NOTE_DIGITS(CLH_ABI_MINOR) " min=" CLH_NOTE_DIGITS(   \
      CLH_ABI_MAJOR) "." CLH_NOTE_DIGITS(CLH_TARGET_MINOR) "\n"
#define CLH_NOTE(lines)                                                                                             \
  static const struct {                                                                                             \
    uint32_t name_size, text_size, type;                                                                            \
    char name[4], text[sizeof(CLH_NOTE_HEAD lines)];                                                                \
  } clh_note __attribute__((section(".note.clh"), used, aligned(4))) = {4, sizeof(CLH_NOTE_HEAD lines), 1, "clh",    \
                                                                        CLH_NOTE_HEAD lines}
#endif
