/* Options: what a component can be told, and what the user chose. */
#ifndef CLH_ABI_OPTIONS_H
#define CLH_ABI_OPTIONS_H

#include <clh/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Types of options and of saved values; what each has in clh_value stands there. */
typedef uint32_t clh_type;
enum {
  CLH_BOOL = 1,
  CLH_INT,
  CLH_REAL,
  CLH_STRING,
  CLH_CHOICE,
  CLH_PATH,
  CLH_INT_LIST,
  CLH_REAL_LIST,
  CLH_COMPONENT
};

/* Flags of clh_param, added up. */
enum {
  /* The user has to give it; the default is not used. */
  CLH_REQUIRED = 1,
  /* Few need it. Shown to the reader; changes nothing. */
  CLH_ADVANCED = 2,
  /* Still accepted; whoever gives it is warned. */
  CLH_DEPRECATED = 4,
  /* `min` counts: value >= min. */
  CLH_HAS_MIN = 8,
  /* `max` counts: value <= max. */
  CLH_HAS_MAX = 16,
  /* Beside CLH_HAS_MIN: value > min. */
  CLH_OPEN_MIN = 32,
  /* Beside CLH_HAS_MAX: value < max. */
  CLH_OPEN_MAX = 64,
  /* INT and REAL only: may be absent; def.n, or the value's n, is 0 then. */
  CLH_OPTIONAL = 128
};

/* In clh/abi/component.h, and below. */
typedef struct clh_component clh_component;
typedef struct clh_factory clh_factory;

/* One value. Never changes (R2). */
typedef struct clh_value {
  /* Which member of `u` counts. */
  clh_type type;
  /* Elements of a list; 0 of an absent number (CLH_OPTIONAL); else 1. */
  uint32_t n;
  union {
    /* BOOL (0 or 1), INT, and CHOICE: the index into clh_param.choices. */
    int64_t i;
    /* REAL. */
    double r;
    /* STRING, and PATH: absolute when it reaches the component. Of the default of a COMPONENT the
       name, "" = none. */
    const char* s;
    /* INT_LIST: [n]. */
    const int64_t* iv;
    /* REAL_LIST: [n]. */
    const double* rv;
    /* COMPONENT, as an argument: what the user chose, NULL = none. */
    const clh_factory* f;
  } u;
} clh_value;

/* A component that the user chose, with its options: not an instance yet. Whoever receives one
   gives it to clh_host.create with a spec of its own making. Host's, valid until the receiver's
   destroy.
   Rationale: only the receiver knows the spec, such as the shape of a layer's input, and how many
   instances it needs. */
struct clh_factory {
  uint32_t struct_size;
  /* Length of `args`. */
  uint32_t n_args;
  /* What was chosen. */
  const clh_component* component;
  /* [n_args] checked, defaults filled in, in the order of the component's params. */
  const clh_value* args;
  /* Its place in the configuration: "backbone.layer.node". */
  const char* path;
};

/* 0.2: numbers of the finished plan, for clh_param.at_least_of. */
enum {
  /* Outputs of the whole stream. */
  CLH_OF_CLASSES = 1,
  /* Its tasks. */
  CLH_OF_TASKS
};

/* One option. Plugin's, valid as long as the process. Values arrive in the order of this list, so
   it is the same every time (R11). */
typedef struct clh_param {
  /* The same in all entries of a list, which the host reads with this stride. */
  uint32_t struct_size;
  /* CLH_REQUIRED | CLH_ADVANCED | ... */
  uint32_t flags;
  /* R kebab-case, once in a component, not "name". */
  const char* name;
  /* R one line. */
  const char* doc;
  /* Such as "samples"; may be NULL. */
  const char* unit;
  /* CLH_BOOL ... CLH_COMPONENT */
  clh_type type;
  /* COMPONENT only: the kind that is accepted; else 0. */
  clh_kind of_kind;
  /* The default: of the type `type`, within the bounds, of a text never NULL. */
  clh_value def;
  /* Lower bound of a number, or of each element of a list; counts only with CLH_HAS_MIN. */
  double min;
  /* Upper bound; counts only with CLH_HAS_MAX. */
  double max;
  /* CHOICE only: the names, NULL-terminated; else NULL. */
  const char* const* choices;
#if CLH_TARGET_MINOR > 1
  /* 0.2: CLH_OF_..., 0 = none: the value, INT or REAL, is at least `at_least` times that number
     of the finished plan. The host compares before the first step; the component is not told. */
  uint32_t at_least_of;
  /* 0.2 */
  uint32_t reserved;
  /* 0.2: the factor, above 0. */
  double at_least;
  /* 0.2: the relation holds only if this option of the same component, a CHOICE, has one of the
     values when_choices; NULL = always. */
  const char* when;
  /* 0.2: names among that option's choices, NULL-terminated; NULL without `when`. */
  const char* const* when_choices;
#endif
} clh_param;

static_assert(sizeof(clh_value) == 16, "clh_value: layout of ABI 0.2");
static_assert(sizeof(clh_factory) == 32, "clh_factory: layout of ABI 0.2");
static_assert(sizeof(clh_param) == 80 + (CLH_TARGET_MINOR > 1 ? 32 : 0),
              "clh_param: layout of ABI 0.2");

#ifdef __cplusplus
}
#endif
#endif
