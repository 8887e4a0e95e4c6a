#!/usr/bin/env bash
# bench_list: `cl-host list` with all built-in plugins against the bare start of the process
# (`cl-host --version`, which loads LibTorch and ends), alternating. Target: 50 ms beyond it.
set -euo pipefail
host=${1:-build/release/bin/cl-host}
rounds=${2:-15}
now() { date +%s%N; }
: >"${TMPDIR:-/tmp}/clh-bench-list.$$"
trap 'rm -f "${TMPDIR:-/tmp}/clh-bench-list.$$"' EXIT
for _ in $(seq "$rounds"); do
  a=$(now); "$host" --version >/dev/null; b=$(now); "$host" list >/dev/null; c=$(now)
  echo "$(((b - a) / 1000)) $(((c - b) / 1000))"
done >"${TMPDIR:-/tmp}/clh-bench-list.$$"
median() { awk -v k="$1" '{ print $k }' "${TMPDIR:-/tmp}/clh-bench-list.$$" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
start=$(median 1)
list=$(median 2)
awk -v s="$start" -v l="$list" 'BEGIN { printf "bare start %.1f ms, list %.1f ms, beyond the start %.1f ms (target 50)\n", s / 1000, l / 1000, (l - s) / 1000 }'
