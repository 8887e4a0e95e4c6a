#!/usr/bin/env bash
# Seconds that the steps of a build took, by folder, from Ninja's log, the longest first. With two
# steps at a time on two cores they are about the CPU seconds; compile with CCACHE_DISABLE=1 to
# measure the compiler.
#   build_time.sh [build directory]
set -euo pipefail
build=${1:-$(dirname "${BASH_SOURCE[0]}")/../../build/release}
[[ -f $build/.ninja_log ]] || {
  echo "build_time.sh: expected a build in $build, found no .ninja_log" >&2
  echo "  fix: CCACHE_DISABLE=1 bash cmake/bootstrap.sh test" >&2
  exit 2
}
awk -F'\t' '
  NR > 1 {took[$4] = ($2 - $1) / 1000}
  END {
    for (output in took) {
      folder = output
      if (match(folder, /\/CMakeFiles\//)) {
        name = substr(folder, RSTART + RLENGTH)
        folder = substr(folder, 1, RSTART - 1)
        if (match(name, /batches\/clh_(base|core|validate)_[a-z]+/)) {
          room = substr(name, RSTART, RLENGTH)
          sub(/.*_/, "", room)
          folder = folder "/" room
        } else if (folder == "core" && split(name, part, "/") > 2) {
          folder = folder "/" part[2]
        }
      } else {
        folder = "links and generated files"
      }
      if (folder ~ /^plugins\/models\//) folder = "plugins/models"
      sum[folder] += took[output]
      total += took[output]
    }
    for (folder in sum) printf "%8.1f  %s\n", sum[folder], folder
    printf "%8.1f  all\n", total
  }' "$build/.ninja_log" | sort -rn
