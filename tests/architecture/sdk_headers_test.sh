#!/usr/bin/env bash
# Every SDK header compiles alone; those of the neutral tier reach no header of LibTorch.
#   sdk_headers_test.sh <include directory> <C++ compiler> <LibTorch include directories, a:b> all|neutral
# neutral: the headers of that tier alone, which take a tenth of the time.
set -euo pipefail
export include=$1 compiler=$2 torch=$3
export neutral=' archive data/data_file data/host_array data/idx data/idx_dataset data/rows dataset
  encoder error gate_layer memory/distinct_draw memory/offered_samples memory/replay_limits
  memory/replay_options
  memory/seen_classes options plugin random shape '
neutral=${neutral//$'\n'/}

check() {
  local name=$1 flags directory directories source reached
  IFS=: read -ra directories <<<"$torch"
  flags=(-std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -x c++ -I "$include")
  for directory in "${directories[@]}"; do
    flags+=(-isystem "$directory")
  done
  source="#include <clh/$name.hpp>"
  "$compiler" "${flags[@]}" - <<<"$source" || return 255
  if [[ $neutral == *" $name "* ]]; then
    reached=$("$compiler" "${flags[@]}" -M - <<<"$source" | grep -cE '/(ATen|c10|torch)/[^ ]+' || true)
    if [[ $reached != 0 ]]; then
      echo "clh/$name.hpp: expected a header without LibTorch, found one that includes it" >&2
      return 255
    fi
  fi
  echo "ok  clh/$name.hpp"
}
export -f check

for name in $neutral; do
  [[ -f $include/clh/$name.hpp ]] || {
    echo "clh/$name.hpp: expected a header, found none" >&2
    exit 1
  }
done
if [[ $4 == neutral ]]; then
  tr -s ' ' '\n' <<<"$neutral" | sed '/^$/d'
else
  find "$include/clh" -name '*.hpp' -printf '%P\n' | sed 's/\.hpp$//'
fi | xargs -P "$(nproc)" -I NAME bash -c 'check NAME'
