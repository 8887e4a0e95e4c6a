#!/usr/bin/env bash
# Every SDK header compiles alone; those of the neutral tier reach no header of LibTorch.
#   sdk_headers_test.sh <include directory> <C++ compiler> <LibTorch include directories, a:b>
set -euo pipefail
include=$1 compiler=$2
IFS=: read -ra torch <<<"$3"
torch_tier=' backbone class_balanced_buffer component gradient_projection herding layer linear_layers
  model nearest_class_mean network node path_integral quadratic_penalty reservoir_buffer
  seen_samples task_memory task_pass tensor '
torch_tier=${torch_tier//$'\n'/}
flags=(-std=c++17 -Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only -x c++ -I "$include")
for directory in "${torch[@]}"; do
  flags+=(-isystem "$directory")
done
failed=0

for header in "$include"/clh/*.hpp; do
  name=$(basename "$header" .hpp)
  source="#include <clh/$name.hpp>"
  if ! "$compiler" "${flags[@]}" - <<<"$source"; then
    failed=1
    continue
  fi
  reached=$("$compiler" "${flags[@]}" -M - <<<"$source" | grep -cE '/(ATen|c10|torch)/[^ ]+' || true)
  if [[ $torch_tier != *" $name "* && $reached != 0 ]]; then
    echo "clh/$name.hpp: expected a header without LibTorch, found one that includes it" >&2
    failed=1
  else
    echo "ok  clh/$name.hpp"
  fi
done
exit "$failed"
