#!/usr/bin/env bash
# Seconds of the tests by folder, from what ctest noted of its last runs, longest first.
#   test_times.sh [build directory]
set -euo pipefail
build=${1:-$(dirname "${BASH_SOURCE[0]}")/../build/release}
costs=$build/Testing/Temporary/CTestCostData.txt
[[ -f $costs ]] || {
  echo "test_times.sh: expected the tests to have run in $build, found no $costs" >&2
  echo "  fix: bash cmake/bootstrap.sh test" >&2
  exit 2
}
awk '
  function folder_of(name) {
    if (name ~ /^core_/) return "core"
    if (name ~ /^plugins_/) return "plugins"
    if (name ~ /^host_/) return "host"
    if (name ~ /^(validate_|resume)/) return "conformance"
    if (name ~ /^sdk_(test|box)/) return "sdk"
    if (name ~ /^(includes|format|abi_header_|sdk_headers)/) return "architecture"
    if (name ~ /^(leak|asan)|_sanitized_/) return "sanitizers"
    if (name ~ /^abi_/) return "abi"
    if (name ~ /^fuzz/) return "fuzz"
    return "packages"
  }
  $1 == "---" {exit}
  {
    folder = folder_of($1)
    seconds[folder] += $3
    entries[folder]++
    total += $3
  }
  END {
    for (folder in seconds) printf "%8.1f  %3d  %s\n", seconds[folder], entries[folder], folder
    printf "%8.1f  %3s  %s\n", total, "", "all"
  }' "$costs" | sort -rn
