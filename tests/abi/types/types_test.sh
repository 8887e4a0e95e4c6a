#!/usr/bin/env bash
# The types of clh/abi.h against those kept for this minor, by libabigail: it sees what sizes and
# offsets do not, a member that changed its type or its name.
#   types_test.sh <include directory> <C compiler> [keep]
# With `keep` it writes the kept types of a new minor instead.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
include=$(cd "$1" && pwd) compiler=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for tool in abidw abidiff; do
  if ! command -v "$tool" >/dev/null; then
    echo "skip  $tool is not installed: apt-get install abigail-tools"
    exit 77
  fi
done

number() { awk -v name="CLH_ABI_$1" '$1 == "#define" && $2 == name {print $3}' "$include/clh/abi/version.h"; }
kept=$here/abi_$(number MAJOR)_$(number MINOR).abi

# A library with one function that mentions every struct of a header.
library() {  # include directory, output
  grep -ho '^static_assert(sizeof([a-z_]*)' "$1"/clh/abi/*.h | sed 's/.*(\(.*\))/\1/' | LC_ALL=C sort |
    awk 'BEGIN {print "#include <clh/abi.h>\nstruct all {"}
         {printf "  const %s* member%d;\n", $1, NR}
         END {print "};\nvoid clh_types(struct all* a) {\n  (void)a;\n}"}' >"$work/types.c"
  # From its own folder, so that no path of this machine gets into the description.
  (cd "$work" && "$compiler" -std=c11 -g -O0 -shared -fPIC -I "$1" types.c -o "$2")
}
describe() {  # library, output
  abidw --no-show-locs --no-comp-dir-path --no-corpus-path --no-parameter-names --out-file "$2" "$1"
}

library "$include" "$work/now.so"
if [[ ${3:-} == keep ]]; then
  describe "$work/now.so" "$kept"
  exit
fi
if [[ ! -f $kept ]]; then
  echo "error[types]: abi.h: expected the kept types $kept, found none" >&2
  echo "  fix: tests/abi/types/types_test.sh $include $compiler keep, and enter the change in CHANGELOG.md" >&2
  exit 1
fi
compare() {  # library
  describe "$1" "$work/found.abi"
  abidiff --no-show-locs --harmless "$kept" "$work/found.abi"
}
if ! compare "$work/now.so"; then
  cat >&2 <<'EOF'
error[types]: abi.h: expected the types that plugins were built for, found others
  fix: take the change back, or append the member at the end of its struct, raise CLH_ABI_MINOR,
       keep the types of the new minor, and enter the change in CHANGELOG.md
EOF
  exit 1
fi
echo "ok  types of $(basename "$kept")"

# A change that leaves every size and offset as it is must be seen.
mkdir -p "$work/include/clh"
cp -r "$include/clh/abi.h" "$include/clh/abi" "$work/include/clh"
sed -i 's/^  int32_t base;$/  uint32_t base;/' "$work/include/clh/abi/model.h"
if cmp -s "$include/clh/abi/model.h" "$work/include/clh/abi/model.h"; then
  echo "types_test.sh: expected clh_task's members to change, found them as they were" >&2
  exit 1
fi
library "$work/include" "$work/changed.so"
if compare "$work/changed.so" >"$work/report.txt"; then
  echo "types_test.sh: expected a changed type to be reported, found nothing" >&2
  exit 1
fi
grep -q clh_task "$work/report.txt"
echo "ok  a changed type is reported"
