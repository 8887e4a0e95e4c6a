#!/usr/bin/env bash
# What `cl-host new` writes, for each of the six kinds: it is what the documents show, builds under
# strict warnings, passes `cl-host validate` and trains as its experiment says.
#   new_test.sh <cmake> <C++ compiler> <prefix of the installation> <source directory>
set -euo pipefail

sources=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cmake=$1 compiler=$2 prefix=$3 root=$4
host=$prefix/bin/cl-host
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home  # no plugin of the user's
unset CLH_PLUGIN_PATH CMAKE_PREFIX_PATH
# shellcheck source=expect.sh
source "$sources/expect.sh"
mkdir "$work/packages" && cd "$work/packages"
kinds=(model backbone dataset encoder node layer)

refused() {  # slug, what `cl-host new` gets...
  local slug=$1 status=0 output
  shift
  output=$("$host" new "$@" 2>&1) || status=$?
  expect "exit code of new $*" 2 "$status"
  expect "output of new $*" "error[$slug]:" "${output%% *}"
}

refused usage model
refused usage modle my-model
refused usage model MyModel
refused usage model my-model --id acme
refused usage model my-model --dir nowhere
mkdir taken
refused exists model taken
rmdir taken
mkdir full
(ulimit -f 0 && refused unwritable model my-model --dir full)
expect 'left behind on a full disk' '' "$(ls -A full)"
rmdir full
expect 'left behind by refusals' '' "$(ls -A)"

for kind in "${kinds[@]}"; do
  "$host" new "$kind" "my-$kind" >steps.txt
  grep -qF "cl-host validate my-$kind/build/my_$kind.so" steps.txt || {
    printf 'new %s: expected how to validate it, found\n%s\n' "$kind" "$(cat steps.txt)" >&2
    exit 1
  }
done
rm steps.txt
expect 'packages' "$(printf 'my-%s\n' "${kinds[@]}" | sort | paste -sd' ')" \
  "$(ls -A | paste -sd' ')"

# Every block of the documents that has a path is that file, to the last byte.
for page in "$root"/sdk/README.md "$root"/sdk/docs/*.md; do
  awk -v out="$work/shown" -f "$sources/document_blocks.awk" "$page"
done
rm "$work/shown/commands.sh"  # tutorial_test runs them
while read -r shown; do
  file=$shown
  [[ -e $file ]] || file=$sources/$shown
  diff -u --label "$shown as in sdk/" --label "$shown" "$work/shown/$shown" "$file"
  echo "ok  documents show $shown"
done < <(cd "$work/shown" && find . -type f -printf '%P\n' | sort)
for kind in "${kinds[@]}"; do
  expect "documents show the $kind" yes "$([[ -e $work/shown/my-$kind/my_$kind.cpp ]] && echo yes)"
done

# One build of all six, which spares the looking for LibTorch.
{
  echo 'cmake_minimum_required(VERSION 3.25)'
  echo 'project(packages LANGUAGES C CXX)'
  echo 'enable_testing()'
  printf 'add_subdirectory(my-%s)\n' "${kinds[@]}"
} >CMakeLists.txt
quietly "$work/log" "$cmake" -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_CXX_FLAGS="-Wall -Wextra -Wpedantic -Wshadow -Werror"
quietly "$work/log" "$cmake" --build build --parallel 2
status=0
"$(dirname "$cmake")/ctest" --test-dir build --output-on-failure --parallel 2 || status=$?
expect 'exit code of their tests' 0 "$status"
expect 'number of their tests' 12 "$(cd build && "$(dirname "$cmake")/ctest" -N | awk '/Total Tests/ {print $3}')"
