#!/usr/bin/env bash
# Arrows of inclusion: plugins -> sdk <- core <- host, and nothing reaches into tests.
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
exit "$failed"
