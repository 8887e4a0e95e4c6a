#!/usr/bin/env bash
# Reproduces a table of the README beside it: the rows of <stream>.rows on that stream, several
# seeds, mean and sample standard deviation, as Markdown on standard output.
#
#   bash tests/results/results_table.sh [split|permuted|rotated] [FOLDER]
#
# FOLDER (default: runs/results-<stream>) keeps every result; a run that is already there is not
# repeated, so the script can be stopped and called again. A run whose loss stops being finite counts
# as diverged and is named beside the mean of the others; any other failure ends the script with 1
# when all the rest is done. Settings in the environment:
#   SEEDS    default "0 1 2 3 4" for split, "0 1 2" for the others
#   JOBS     how many runs go on at once, default 2
#   CL_HOST  the executable, default build/release/bin/cl-host
#   DATASET  fashion-mnist or mnist, whose files must lie in DATA
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
stream=${1:-split}
rows=$here/tests/results/$stream.rows
[[ -f $rows ]] || {
  echo "results_table.sh: expected split, permuted or rotated, found $stream" >&2
  exit 2
}
host=${CL_HOST:-$here/build/release/bin/cl-host}
dataset=${DATASET:-fashion-mnist}
folder=${2:-$here/runs/results-$stream}
jobs=${JOBS:-2}
common=(benchmark="$stream-$dataset" stream.normalize=false train.epochs=1 run.record=false)
[[ -z ${DATA:-} ]] || common+=(dataset.root="$DATA")
if [[ $stream == split ]]; then
  common+=(train.batch-size=10)
  seeds=${SEEDS:-0 1 2 3 4}
  columns=('class-il|class-il/average-accuracy' 'task-il|task-il/average-accuracy'
    'class-il forgetting|class-il/forgetting')
else
  common+=(stream.tasks=20 train.batch-size=128)
  seeds=${SEEDS:-0 1 2}
  columns=('domain-il|domain-il/average-accuracy' 'forgetting|domain-il/forgetting')
fi
mkdir -p "$folder"

# Each line of a rows file: name | label | buffer | key=value ...
each_row() { grep -v '^#' "$rows"; }

run_one() {  # name seed key=value...
  local out=$folder/$1-$2.json
  local seed=$2
  shift 2
  [[ -s $out || -s ${out%.json}.diverged ]] && return 0
  if "$host" train --json "${common[@]}" run.seed="$seed" "$@" >"$out.part" 2>"$out.log"; then
    mv "$out.part" "$out"
    rm -f "$out.log"
  elif grep -q '^error\[not-finite\]' "$out.log"; then
    mv "$out.log" "${out%.json}.diverged"
    rm -f "$out.part"
  else
    echo "failed, see $out.log" >&2
  fi
}

while IFS='|' read -r name _ _ words; do
  for seed in $seeds; do
    while (($(jobs -rp | wc -l) >= jobs)); do
      wait -n
    done
    # shellcheck disable=SC2086  # the words are separate arguments
    run_one "$name" "$seed" $words &
  done
done < <(each_row)
wait
failed=$(find "$folder" -name '*.json.log' | wc -l)

# Mean and standard deviation (n - 1) of a metric over the seeds, in percent; a dash for one that is
# not defined, be it for the scenario or for a model that trains at the end alone or never.
cell() {  # name metric
  local seed diverged=0
  for seed in $seeds; do
    [[ ! -e $folder/$1-$seed.diverged ]] || diverged=$((diverged + 1))
  done
  for seed in $seeds; do
    [[ ! -e $folder/$1-$seed.json ]] ||
      sed -n "s|^ *\"$2\": \([0-9.eE+-]*\),*\$|\1|p" "$folder/$1-$seed.json"
  done | awk -v diverged="$diverged" '{ n++; s += $1; q[n] = $1 }
    END { if (n == 0) { print diverged ? "diverged" : "-"; exit }
          m = s / n; for (i = 1; i <= n; i++) v += (q[i] - m) ^ 2
          printf "%.2f", 100 * m
          if (n > 1) printf " ± %.2f", 100 * sqrt(v / (n - 1))
          if (diverged) printf " (%d of %d diverged)", diverged, n + diverged }'
}

line='| model | buffer |' rule='|---|---|'
for column in "${columns[@]}"; do
  line+=" ${column%|*} |" rule+='---|'
done
printf '%s settings |\n%s---|\n' "$line" "$rule"
while IFS='|' read -r name label buffer words; do
  line="| $label | $buffer |"
  for column in "${columns[@]}"; do
    line+=" $(cell "$name" "${column#*|}") |"
  done
  [[ $words == *' '* ]] && settings="\`${words#model=* }\`" || settings=defaults
  echo "$line $settings |"
done < <(each_row)
((failed == 0))
