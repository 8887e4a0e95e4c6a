#!/usr/bin/env bash
# clh/abi.h as one file, to keep a minor as abi_M_m.h: clh/abi/*.h stand where they are included first.
#   one_file.sh <include directory>
set -euo pipefail
awk -v include="$1" '
  function put(name, line, part, lines, state) {
    while ((state = (getline line < (include "/" name))) > 0) {
      ++lines
      if (line !~ /^#include <clh\//) {
        print line
        continue
      }
      part = line
      gsub(/^#include <|>$/, "", part)
      if (!(part in seen)) {
        seen[part] = 1
        put(part)
      }
    }
    if (state < 0 || lines == 0) {
      printf "one_file.sh: expected %s/%s, found no text\n", include, name >"/dev/stderr"
      exit 1
    }
    close(include "/" name)
  }
  BEGIN {put("clh/abi.h")}'
