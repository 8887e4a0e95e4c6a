#!/usr/bin/env bash
# clh/abi.h alone, twice included, in every language standard, without a warning or a hidden hole; and
# each file of clh/abi/ on its own.
#   abi_header_test.sh <include directory> <C compiler> <C++ compiler>
set -euo pipefail
include=$1
strict=(-Wall -Wextra -Wpedantic -Wpadded -Werror -fsyntax-only -I "$include")
failed=0

compile() {  # compiler, language, standard, header
  local source="#include <$4>
#include <$4>
typedef int not_empty;"
  if "$1" -x "$2" -std="$3" "${strict[@]}" - <<<"$source"; then
    echo "ok  $1 -std=$3 $4"
  else
    failed=1
  fi
}

parts=()
for file in "$include"/clh/abi/*.h; do
  parts+=("clh/abi/$(basename "$file")")
done
c_compilers=("$2") cxx_compilers=("$3")
if [[ $2 != *clang* ]] && command -v clang clang++ >/dev/null; then
  c_compilers+=(clang)
  cxx_compilers+=(clang++)
fi
for compiler in "${c_compilers[@]}"; do
  compile "$compiler" c c11 clh/abi.h
  compile "$compiler" c c17 clh/abi.h
  for part in "${parts[@]}"; do
    compile "$compiler" c c11 "$part"
  done
done
for compiler in "${cxx_compilers[@]}"; do
  compile "$compiler" c++ c++17 clh/abi.h
  compile "$compiler" c++ c++20 clh/abi.h
  compile "$compiler" c++ c++2b clh/abi.h
  for part in "${parts[@]}"; do
    compile "$compiler" c++ c++17 "$part"
  done
done

includes() {  # files
  grep -hoE '#include <[^>]+>' "$@" | sed 's/.*<//; s/>//' | LC_ALL=C sort -u
}
# All of the parts, and nothing beside them but three headers of C's standard library.
if [[ $(includes "$include/clh/abi.h") != $(printf '%s\n' "${parts[@]}" | LC_ALL=C sort) ]]; then
  echo "abi.h: expected includes of every file of clh/abi, found others" >&2
  failed=1
fi
found=$(includes "$include"/clh/abi/*.h | grep -v '^clh/abi/' | paste -sd' ')
if [[ $found != 'assert.h stddef.h stdint.h' ]]; then
  echo "clh/abi: expected assert.h, stddef.h and stdint.h alone, found $found" >&2
  failed=1
fi
if grep -nE '^.{101}' "$include/clh/abi.h" "$include"/clh/abi/*.h; then
  echo "clh/abi: expected lines of at most 100 columns, found longer ones" >&2
  failed=1
fi
exit "$failed"
