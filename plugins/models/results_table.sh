#!/usr/bin/env bash
# Reproduces the table in plugins/models/README.md: the models on Split Fashion-MNIST, several seeds,
# mean and sample standard deviation, as Markdown on standard output.
#
#   bash plugins/models/results_table.sh [FOLDER]
#
# FOLDER (default: runs/results-table) keeps every result; a run that is already there is not
# repeated, so the script can be stopped and called again. CL_HOST names the executable, SEEDS the
# seeds, JOBS how many runs go on at once.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
host=${CL_HOST:-$here/build/release/bin/cl-host}
folder=${1:-$here/runs/results-table}
seeds=${SEEDS:-0 1 2 3 4}
jobs=${JOBS:-2}
mkdir -p "$folder"

# name | label | buffer | key=value ...   (hyper-parameters of the DER paper's S-MNIST suite; er-ace
# and mir, which it does not have, take those of er)
rows() {
  cat <<'ROWS'
sgd|sgd|-|model=sgd optimizer.lr=0.03
joint|joint|-|model=joint optimizer.lr=0.03
cumulative|cumulative|-|model=cumulative optimizer.lr=0.03
ewc|ewc (online, paper)|-|model=ewc model.variant=paper model.lambda=90 model.gamma=1 optimizer.lr=0.03
si|si (paper)|-|model=si model.variant=paper model.c=1 model.xi=0.9 optimizer.lr=0.1
mas|mas|-|model=mas optimizer.lr=0.03
rwalk|rwalk|-|model=rwalk optimizer.lr=0.03
lwf|lwf (paper)|-|model=lwf model.variant=paper model.alpha=1 model.temperature=2 model.wd-reg=0.0005 optimizer.lr=0.03
er-200|er|200|model=er model.buffer-size=200 model.minibatch=10 optimizer.lr=0.01
er-500|er|500|model=er model.buffer-size=500 model.minibatch=10 optimizer.lr=0.1
er-5120|er|5120|model=er model.buffer-size=5120 model.minibatch=10 optimizer.lr=0.1
er-ace-200|er-ace|200|model=er-ace model.buffer-size=200 model.minibatch=10 optimizer.lr=0.01
er-ace-500|er-ace|500|model=er-ace model.buffer-size=500 model.minibatch=10 optimizer.lr=0.1
er-ace-5120|er-ace|5120|model=er-ace model.buffer-size=5120 model.minibatch=10 optimizer.lr=0.1
mir-200|mir|200|model=mir model.buffer-size=200 model.minibatch=10 optimizer.lr=0.01
mir-500|mir|500|model=mir model.buffer-size=500 model.minibatch=10 optimizer.lr=0.1
mir-5120|mir|5120|model=mir model.buffer-size=5120 model.minibatch=10 optimizer.lr=0.1
fdr-200|fdr (paper)|200|model=fdr model.variant=paper model.buffer-size=200 model.minibatch=128 optimizer.lr=0.03 train.batch-size=128
fdr-500|fdr (paper)|500|model=fdr model.variant=paper model.buffer-size=500 model.minibatch=128 optimizer.lr=0.1 train.batch-size=128
fdr-5120|fdr (paper)|5120|model=fdr model.variant=paper model.buffer-size=5120 model.minibatch=128 optimizer.lr=0.1 train.batch-size=128
gss-200|gss|200|model=gss model.buffer-size=200 model.minibatch=10 model.gss-minibatch=10 optimizer.lr=0.1 train.batch-size=128
gss-500|gss|500|model=gss model.buffer-size=500 model.minibatch=10 model.gss-minibatch=10 optimizer.lr=0.1 train.batch-size=128
gss-5120|gss|5120|model=gss model.buffer-size=5120 model.minibatch=128 model.gss-minibatch=10 optimizer.lr=0.1 train.batch-size=128
hal-200|hal (paper)|200|model=hal model.variant=paper model.buffer-size=200 model.minibatch=128 model.lambda=0.1 model.beta=0.7 model.gamma=0.5 optimizer.lr=0.1 train.batch-size=128
hal-500|hal (paper)|500|model=hal model.variant=paper model.buffer-size=500 model.minibatch=128 model.lambda=0.1 model.beta=0.2 model.gamma=0.5 optimizer.lr=0.1 train.batch-size=128
hal-5120|hal (paper)|5120|model=hal model.variant=paper model.buffer-size=5120 model.minibatch=128 model.lambda=0.1 model.beta=0.7 model.gamma=0.5 optimizer.lr=0.1 train.batch-size=128
icarl-200|icarl|200|model=icarl model.buffer-size=200 model.wd=0 optimizer.lr=0.1
icarl-500|icarl|500|model=icarl model.buffer-size=500 model.wd=0 optimizer.lr=0.1
icarl-5120|icarl|5120|model=icarl model.buffer-size=5120 model.wd=0 optimizer.lr=0.1
gem-200|gem|200|model=gem model.buffer-size=200 model.gamma=1 optimizer.lr=0.01
gem-500|gem|500|model=gem model.buffer-size=500 model.gamma=0.5 optimizer.lr=0.03
gem-5120|gem|5120|model=gem model.buffer-size=5120 model.gamma=1 optimizer.lr=0.1
agem-200|agem|200|model=agem model.buffer-size=200 model.minibatch=128 optimizer.lr=0.1
agem-500|agem|500|model=agem model.buffer-size=500 model.minibatch=128 optimizer.lr=0.1
agem-5120|agem|5120|model=agem model.buffer-size=5120 model.minibatch=128 optimizer.lr=0.1
agem-r-200|agem-r|200|model=agem-r model.buffer-size=200 model.minibatch=128 optimizer.lr=0.1
agem-r-500|agem-r|500|model=agem-r model.buffer-size=500 model.minibatch=128 optimizer.lr=0.1
agem-r-5120|agem-r|5120|model=agem-r model.buffer-size=5120 model.minibatch=128 optimizer.lr=0.1
der-200|der|200|model=der model.buffer-size=200 model.minibatch=10 model.alpha=0.2 optimizer.lr=0.03
der-500|der|500|model=der model.buffer-size=500 model.minibatch=128 model.alpha=1 optimizer.lr=0.03
der-5120|der|5120|model=der model.buffer-size=5120 model.minibatch=128 model.alpha=0.5 optimizer.lr=0.1
derpp-200|derpp|200|model=derpp model.buffer-size=200 model.minibatch=128 model.alpha=0.2 model.beta=1 optimizer.lr=0.03
derpp-500|derpp|500|model=derpp model.buffer-size=500 model.minibatch=10 model.alpha=1 model.beta=0.5 optimizer.lr=0.03
derpp-5120|derpp|5120|model=derpp model.buffer-size=5120 model.minibatch=64 model.alpha=0.2 model.beta=0.5 optimizer.lr=0.1
ROWS
}

run_one() {  # name seed key=value...
  local out=$folder/$1-$2.json
  shift
  local seed=$1
  shift
  [ -s "$out" ] && return 0
  "$host" train --json benchmark=split-fashion-mnist stream.normalise=false train.epochs=1 \
    train.batch-size=10 run.record=false run.seed="$seed" "$@" >"$out.part" 2>"$out.log"
  mv "$out.part" "$out"
  rm -f "$out.log"
}

while IFS='|' read -r name _ _ words; do
  for seed in $seeds; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
      wait -n
    done
    # shellcheck disable=SC2086  # the words are separate arguments
    run_one "$name" "$seed" $words &
  done
done < <(rows)
wait

# mean and standard deviation (n - 1) of a metric over the seeds, in percent
cell() {  # name metric
  for seed in $seeds; do
    sed -n "s|^ *\"$2\": \([0-9.eE+-]*\),*\$|\1|p" "$folder/$1-$seed.json"
  done | awk '{ n++; s += $1; q[n] = $1 }
    END { if (n == 0) { print "-"; exit }
          m = s / n; for (i = 1; i <= n; i++) v += (q[i] - m) ^ 2
          printf "%.2f ± %.2f", 100 * m, (n > 1 ? 100 * sqrt(v / (n - 1)) : 0) }'
}

# joint trains at the end alone, so it has nothing to forget
forgetting() { if [ "$1" = joint ]; then printf -- -; else cell "$1" class-il/forgetting; fi; }

echo "| model | buffer | class-il | task-il | class-il forgetting | settings |"
echo "|---|---|---|---|---|---|"
while IFS='|' read -r name label buffer words; do
  echo "| $label | $buffer | $(cell "$name" class-il/average-accuracy) |" \
    "$(cell "$name" task-il/average-accuracy) | $(forgetting "$name") |" \
    "\`${words#model=* }\` |"
done < <(rows)
