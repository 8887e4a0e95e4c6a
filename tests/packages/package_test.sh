#!/usr/bin/env bash
# Copies packages beside this script out of the tree, builds them against an installed SDK, installs
# them where a user does, and runs them with the installed program.
#   package_test.sh <cmake> <C++ compiler> <prefix of the installation>
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cmake=$1 compiler=$2 prefix=$3
host=$prefix/bin/cl-host
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home  # no plugin of the user's
plugins=$HOME/.local/lib/cl-host/plugins
unset CLH_PLUGIN_PATH
# shellcheck source=expect.sh
source "$sources/expect.sh"
cd "$work"

# A package is built by its author's three commands; the SDK must hold under strict warnings.
for package in acme_er_ring acme_stripes; do
  cp -r "$sources/$package" "$package"
  quietly log.txt "$cmake" -S "$package" -B "$package/build" -G Ninja \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER="$compiler" \
    -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Wshadow -Werror"
  quietly log.txt "$cmake" --build "$package/build"
  quietly log.txt "$cmake" --install "$package/build" --prefix "$HOME/.local"
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

# The same packages, taken from a directory of the user's choice.
mkdir elsewhere
mv "$plugins/acme_er_ring.so" "$plugins/acme_stripes.so" elsewhere
status=0
"$host" train model=acme-er-ring --dry-run >plan.txt 2>refusal.txt || status=$?
expect 'exit code without the package' 2 "$status"
expect 'error without the package' 'error[unknown-component]' "$(grep -o '^error[^:]*' refusal.txt)"
"$host" train --plugin-dir elsewhere model=acme-er-ring dataset=acme-stripes \
  train.iterations=2 --json >again.json 2>progress.txt
expect 'status with --plugin-dir' completed "$(json again.json status)"
