#!/usr/bin/env bash
# Arrows of inclusion: plugins -> sdk <- core <- host, nothing reaches into tests, and the rooms of
# core stand as the line in core/README.md says.
#   includes_test.sh <source directory>
set -euo pipefail
cd "$1"
failed=0

forbid() {  # folder, folders that it may not include
  local pattern="^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"](\.\./|($2)/)" found status=0
  found=$(grep -rnE --include=*.hpp --include=*.cpp --include=*.h --include=*.c \
    "$pattern" "$1") || status=$?
  if ((status > 1)); then
    echo "$1: expected sources to search, found none" >&2
    failed=1
  elif ((status == 0)); then
    printf '%s: expected no include of %s, found\n%s\n' "$1" "${2//|/, }" "$found" >&2
    failed=1
  fi
}

forbid sdk 'core|host|plugins|tests'
forbid plugins 'core|host|plugins|models|backbones|datasets|encoders|nodes|layers|tests'
forbid core 'host|plugins|tests'
forbid host 'plugins|tests'
forbid tests/packages 'core|host|plugins|tests'

# Floors: rooms between two '<' share one; an include must lead to a lower one.
line=$(grep -m1 '^error < ' core/README.md)
declare -A floor
number=0
for word in $line; do
  if [[ $word == '<' ]]; then
    number=$((number + 1))
  else
    floor[$word]=$number
  fi
done
for folder in core/*/; do
  room=$(basename "$folder")
  [[ -n ${floor[$room]:-} ]] || {
    echo "core/$room: expected the room in the line of core/README.md, found no such word" >&2
    failed=1
  }
done
while IFS=: read -r file include; do
  room=$(dirname "${file#core/}")
  target=$(dirname "${include#core/}")
  [[ $room == . ]] && room=error
  [[ $target == . ]] && target=error
  if [[ $room != "$target" && -n ${floor[$room]:-} ]] && ((${floor[$target]:-99} >= ${floor[$room]})); then
    echo "$file: expected includes of rooms below $room, found $include" >&2
    failed=1
  fi
done < <(grep -rhoHE --include=*.hpp --include=*.cpp '^#include "core/[^"]+"' core | sed 's/#include "//; s/"$//')
exit "$failed"
