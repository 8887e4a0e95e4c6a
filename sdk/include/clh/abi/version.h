/* The version of the ABI, and which minor a plugin is written for. */
#ifndef CLH_ABI_VERSION_H
#define CLH_ABI_VERSION_H

/* Host and plugin must have the same major. */
#define CLH_ABI_MAJOR 0

/* Raised when members are appended to structs or structs are added. */
#define CLH_ABI_MINOR 2

/* The lowest minor of a host that the plugin is to run in; define it before the first include to
   lower it. Members that are newer are hidden, so using one by accident is a compile error. */
#ifndef CLH_TARGET_MINOR
#define CLH_TARGET_MINOR CLH_ABI_MINOR
#endif

#endif
