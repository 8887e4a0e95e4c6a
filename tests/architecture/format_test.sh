#!/usr/bin/env bash
# Whether the sources are formatted as .clang-format says; `format_test.sh --mend` formats them.
# Left out are the SDK's headers, whose namespace has an attribute that clang-format 14 takes for a
# function, the templates with their placeholders, and frozen headers.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
action=(--dry-run -Werror)
[[ ${1:-} != --mend ]] || action=(-i)
find core host plugins tests -path tests/abi/headers -prune -o \
  \( -name '*.cpp' -o -name '*.hpp' \) -print0 | xargs -0 -n 64 -P "$(nproc)" clang-format "${action[@]}" || {
  echo "expected formatted sources, found others; fix: bash tests/architecture/format_test.sh --mend" >&2
  exit 1
}
