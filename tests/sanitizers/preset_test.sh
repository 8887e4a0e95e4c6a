#!/usr/bin/env bash
# Builds one target of this project with another preset, in a folder of its own, and runs the tests
# of one label there:
#   preset_test.sh SOURCE CMAKE PRESET BUILD TARGET LABEL
# Exit 77, which ctest counts as skipped, if the preset's compiler is not installed.
set -euo pipefail
source=$1 cmake=$2 preset=$3 build=$4 target=$5 label=$6

cd "$source"
if [[ $preset == fuzz ]] && ! command -v clang++ >/dev/null; then
  echo "skipped: expected clang++ for the preset $preset, found none; apt-get install clang"
  exit 77
fi
ctest=$(dirname "$cmake")/ctest
jobs=$(nproc)
if [[ ! -f $build/build.ninja || CMakePresets.json -nt $build/build.ninja ]]; then
  "$cmake" --preset "$preset" -B "$build" -DCLH_BENCHMARKS=OFF
fi
"$cmake" --build "$build" --target "$target" --parallel "$jobs"
"$ctest" --test-dir "$build" --label-regex "^$label\$" --no-tests=error --output-on-failure \
  --parallel "$jobs"
