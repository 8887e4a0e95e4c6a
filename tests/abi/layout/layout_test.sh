#!/usr/bin/env bash
# Size and offset of every field of clh/abi.h, and every enumerator, against the kept list of this
# minor; gcc and clang, C and C++ must agree.
#   layout_test.sh <include directory> <C compiler> <C++ compiler>
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

number() { awk -v name="CLH_ABI_$1" '$1 == "#define" && $2 == name {print $3}' "$include/clh/abi/version.h"; }
version=$(number MAJOR)_$(number MINOR)
golden=$here/abi_$version.txt
if [[ ! -f $golden ]]; then
  echo "error[layout]: abi.h: expected the kept layout $golden, found none" >&2
  echo "  fix: name new fields in layout.c, keep its output as that file, say in CHANGELOG.md what is new" >&2
  exit 1
fi

failed=0
compare() {  # compiler, language, standard
  "$1" -x "$2" -std="$3" -Wall -Wextra -Wpedantic -Werror -I "$include" "$here/layout.c" -o "$work/layout"
  "$work/layout" >"$work/found.txt" || failed=1
  if diff -u --label "kept abi_$version.txt" --label "$1 -std=$3" "$golden" "$work/found.txt" >"$work/diff"; then
    echo "ok  $1 -std=$3"
    return
  fi
  cat "$work/diff" >&2
  cat >&2 <<'EOF'
error[layout]: abi.h: expected the layout that plugins were built for, found another
  fix: take the change back, or append the field at the end of its struct, raise CLH_ABI_MINOR,
       keep the new output as abi_<major>_<minor>.txt, and enter the change in CHANGELOG.md
EOF
  failed=1
}

c_compilers=("$2") cxx_compilers=("$3")
if [[ $2 != *clang* ]]; then
  if command -v clang clang++ >/dev/null; then
    c_compilers+=(clang)
    cxx_compilers+=(clang++)
  else
    echo "skip  clang: not installed"
  fi
fi
for compiler in "${c_compilers[@]}"; do
  compare "$compiler" c c11
  compare "$compiler" c c17
done
for compiler in "${cxx_compilers[@]}"; do
  compare "$compiler" c++ c++17
  compare "$compiler" c++ c++20
done

listed=$(grep -c '^clh_' "$golden")
asserted=$(cat "$include"/clh/abi/*.h | grep -c '^static_assert(sizeof(')
if ((listed != asserted)); then
  echo "error[layout]: layout.c: expected the $asserted structs of abi.h, found $listed" >&2
  echo "  fix: name the new struct in layout.c and keep its output" >&2
  failed=1
fi
exit "$failed"
