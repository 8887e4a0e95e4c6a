#!/usr/bin/env bash
# Installs cl-host to a temporary prefix, copies the packages beside this script out of the tree,
# builds them against the installed SDK, drops them into a plugin directory and runs them.
#   package_test.sh <build directory> <cmake> <C++ compiler> <library directory of the prefix>
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 cmake=$2 compiler=$3 libdir=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
plugins=$prefix/$libdir/cl-host/plugins
host=$prefix/bin/cl-host
export HOME=$work/home  # no plugin of the user's
unset CLH_PLUGIN_PATH
cd "$work"

expect() {  # what, expected, found
  if [[ $2 != "$3" ]]; then
    printf '%s: expected %s, found %s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
  printf 'ok  %s: %s\n' "$1" "$3"
}
json() {  # file, key...
  local file=$1 keys
  shift
  keys=$(IFS=';' && echo "$*")
  "$cmake" -DFILE="$file" -DKEYS="$keys" -P "$sources/json_value.cmake"
}

for component in sdk host plugins; do
  "$cmake" --install "$build" --prefix "$prefix" --component "$component" >install.log
done
expect 'installed plugins' "$(ls -m "$build/lib/cl-host/plugins")" "$(ls -m "$plugins")"

# A package is built by its author's three commands; the SDK must hold under strict warnings.
for package in acme_er_ring acme_stripes; do
  cp -r "$sources/$package" "$package"
  "$cmake" -S "$package" -B "$package/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Wshadow -Werror" >"$package.log" || {
    cat "$package.log"
    exit 1
  }
  "$cmake" --build "$package/build" >"$package.log" || {
    cat "$package.log"
    exit 1
  }
  "$cmake" --install "$package/build" --prefix "$prefix" >install.log
  expect "exported symbols of $package" clh_plugin_entry \
    "$(nm -D --defined-only "$plugins/$package.so" | awk '{print $3}' | paste -sd' ')"
done

expect 'LibTorch behind the neutral package' 0 \
  "$(readelf -d "$plugins/acme_stripes.so" | grep -c 'NEEDED.*\(torch\|c10\)' || true)"
expect 'packages listed' "acme-er-ring acme-stripes" \
  "$("$host" list | awk '$2 ~ /^acme-/ {print $2}' | paste -sd' ')"
expect 'BLAS of the installed program' BLIS \
  "$("$host" doctor --json | grep -A1 '"BLAS"' | grep -o BLIS)"

status=0
"$host" train model=acme-er-ring model.per-class=5 dataset=acme-stripes train.epochs=3 --json \
  >results.json 2>progress.txt || status=$?
expect 'exit code of the job' 0 "$status"
expect 'status' completed "$(json results.json status)"
expect 'tasks' 4 "$(json results.json matrices class-il test-samples | grep -oE '[0-9]+' | wc -l)"
expect 'model' com.acme.er-ring "$(json results.json environment plugins 2 id)"
expect 'dataset' com.acme.stripes "$(json results.json environment plugins 0 id)"
# Four tasks of two classes: without replay the last task alone is right, 0.25.
accuracy=$(json results.json metrics class-il/average-accuracy)
expect "accuracy $accuracy above 0.6" yes "$(awk -v a="$accuracy" 'BEGIN {print (a > 0.6 ? "yes" : "no")}')"

# The same packages taken from a directory of the user's choice.
mkdir elsewhere
mv "$plugins/acme_er_ring.so" "$plugins/acme_stripes.so" elsewhere
status=0
"$host" train model=acme-er-ring --dry-run >plan.txt 2>refusal.txt || status=$?
expect 'exit code without the package' 2 "$status"
expect 'error without the package' 'error[unknown-component]' "$(grep -o '^error[^:]*' refusal.txt)"
"$host" train --plugin-dir elsewhere model=acme-er-ring dataset=acme-stripes \
  train.iterations=2 --json >again.json 2>progress.txt
expect 'status with --plugin-dir' completed "$(json again.json status)"
