#!/usr/bin/env bash
# clh/abi.h alone, twice included, in every language standard, without a warning or a hidden hole.
#   abi_header_test.sh <include directory> <C compiler> <C++ compiler>
set -euo pipefail
include=$1
strict=(-Wall -Wextra -Wpedantic -Wpadded -Werror -fsyntax-only -I "$include")
failed=0

compile() {  # compiler, language, standard
  local source='#include <clh/abi.h>
#include <clh/abi.h>
typedef int not_empty;'
  if "$1" -x "$2" -std="$3" "${strict[@]}" - <<<"$source"; then
    echo "ok  $1 -std=$3"
  else
    failed=1
  fi
}

c_compilers=("$2") cxx_compilers=("$3")
if [[ $2 != *clang* ]] && command -v clang clang++ >/dev/null; then
  c_compilers+=(clang)
  cxx_compilers+=(clang++)
fi
for compiler in "${c_compilers[@]}"; do
  compile "$compiler" c c11
  compile "$compiler" c c17
done
for compiler in "${cxx_compilers[@]}"; do
  compile "$compiler" c++ c++17
  compile "$compiler" c++ c++20
  compile "$compiler" c++ c++2b
done

# Nothing beside it but three headers of C's standard library.
found=$(grep -oE '#include <[^>]+>' "$include/clh/abi.h" | sort | paste -sd' ')
if [[ $found != '#include <assert.h> #include <stddef.h> #include <stdint.h>' ]]; then
  echo "abi.h: expected assert.h, stddef.h and stdint.h alone, found $found" >&2
  failed=1
fi
exit "$failed"
