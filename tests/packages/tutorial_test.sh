#!/usr/bin/env bash
# The commands of sdk/README.md and sdk/docs/plain_c.md, one after the other as a reader types them,
# in a home directory of their own; new_test compares the files that these pages show.
#   tutorial_test.sh <build directory> <cmake> <C++ compiler> <source directory>
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 cmake=$2 root=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home CXX=$3 PATH=$(dirname "$cmake"):$PATH
unset CLH_PLUGIN_PATH CMAKE_PREFIX_PATH PKG_CONFIG_PATH CMAKE_GENERATOR
# shellcheck source=expect.sh
source "$sources/expect.sh"
mkdir -p "$HOME/build" && cd "$HOME"
ln -s "$build" build/release
cp -r "$sources/acme_waves" .

follow() {  # page
  rm -rf "$work/shown"
  awk -v out="$work/shown" -f "$sources/document_blocks.awk" "$root/sdk/$1"
  bash -euo pipefail -x "$work/shown/commands.sh" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    printf '%s: expected that its commands succeed, found one that fails\n' "$1" >&2
    exit 1
  }
  echo "ok  the commands of sdk/$1"
}

follow README.md
# What the page says of its runs: 500 exemplars, 50, and the installed plugin.
declare -A accuracy
for record in runs/split-fashion-mnist-my-model/*/results.json; do
  expect "status of $record" completed "$(json "$record" status)"
  run=$(json "$record" config model buffer-size)/$(json "$record" config train iterations)
  accuracy[$run]=$(json "$record" metrics class-il/average-accuracy)
done
expect 'runs of the page' 3 "$(ls runs/split-fashion-mnist-my-model | wc -l)"
expect "more with 500 exemplars (${accuracy[500/300]}) than with 50 (${accuracy[50/300]})" yes \
  "$(awk -v a="${accuracy[500/300]}" -v b="${accuracy[50/300]}" 'BEGIN {print (a - b > 0.05 ? "yes" : "no")}')"

follow docs/plain_c.md
expect 'symbols of a plugin in C' clh_plugin_entry \
  "$(nm -D --defined-only acme_waves.so | awk '{print $3}' | paste -sd' ')"
expect 'ABI of clh.pc' \
  "$(awk '/define CLH_ABI_(MAJOR|MINOR)/ {print $3}' "$HOME/.local/include/clh/abi/version.h" | paste -sd.)" \
  "$(PKG_CONFIG_PATH=$HOME/.local/lib/pkgconfig pkg-config --variable=abi clh)"
