#!/usr/bin/env bash
# Installs cl-host, its plugins and its SDK to a fresh prefix, for the tests beside this script.
#   install.sh <build directory> <cmake> <library directory of the prefix> <prefix>
set -euo pipefail
build=$1 cmake=$2 libdir=$3 prefix=$4
rm -rf "$prefix"
for component in sdk host plugins; do
  "$cmake" --install "$build" --prefix "$prefix" --component "$component" >/dev/null
done
built=$(ls -m "$build/lib/cl-host/plugins") installed=$(ls -m "$prefix/$libdir/cl-host/plugins")
if [[ $built != "$installed" ]]; then
  printf 'installed plugins: expected %s, found %s\n' "$built" "$installed" >&2
  exit 1
fi
