#!/usr/bin/env bash
# host/docs/configuration.md holds every key of a configuration, as `cl-host describe` tells them.
#   configuration_reference_test.sh <cl-host> [--mend]
# With --mend it writes the page instead of comparing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
host=$1
page=$root/host/docs/configuration.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A table of one part or component. The columns of `describe` are two or more blanks apart.
options() {  # name
  "$host" describe "$1" --no-default-plugins --plugin-dir "$(dirname "$host")/../lib/cl-host/plugins" |
    awk '/^OPTION / {split_at(); next}
         columns && NF {row()}
         /^no options$/ {print "No options."}
         function split_at(  names, n, i) {  # where each column that this table has begins
           n = split("OPTION TYPE DEFAULT VALUES UNIT MEANING", names, " ")
           columns = 0
           for (i = 1; i <= n; ++i) {
             if (index($0, names[i])) {
               begin[++columns] = index($0, names[i]); name[columns] = names[i]
             }
           }
           print "| Option | Type | Default | Values | Meaning |\n|---|---|---|---|---|"
         }
         function row(  i, text, cell) {
           for (i = 1; i <= columns; ++i) {
             text = i < columns ? substr($0, begin[i], begin[i + 1] - begin[i]) : substr($0, begin[i])
             sub(/ +$/, "", text); gsub(/\|/, "\\|", text); gsub(/</, "\\&lt;", text)
             cell[name[i]] = text
           }
           text = cell["VALUES"] (cell["VALUES"] != "" && cell["UNIT"] != "" ? ", " : "") cell["UNIT"]
           printf "| `%s` | %s | %s | %s | %s |\n", cell["OPTION"], cell["TYPE"], cell["DEFAULT"],
                  text, cell["MEANING"]
         }
         END {print ""}'
}

{
  cat <<'TEXT'
# Configuration reference

Every key that a configuration can have, from `cl-host describe`. A test keeps this page equal to the
program (`tests/host/configuration_reference_test.sh`; with `--mend` it writes the page). A table of a
TOML file is a section here; on the command line its keys are dotted: `train.epochs=2`,
`model.buffer-size=200`. A component's table has its `name` beside the options: `model=er` is short for
`model.name=er`.

TEXT
  echo "## The run"
  for part in run train eval; do
    echo -e "\n### [$part]\n"
    options "$part"
  done
  for alternatives in stream head optimizer; do
    echo -e "## [$alternatives]\n"
    names=$("$host" describe "$alternatives" 2>&1 | sed -n "s/.*choose one of //p" | tr -d ' ' | tr ',' ' ' || true)
    for name in $names; do
      echo -e "### ${name#*.}\n"
      options "$name"
    done
  done
  for kind in dataset backbone model encoder layer node; do
    echo -e "## Kind: $kind\n"
    for name in $("$host" list --no-default-plugins \
      --plugin-dir "$(dirname "$host")/../lib/cl-host/plugins" | awk -v kind=$kind '$1 == kind {print $2}'); do
      echo -e "### $name\n"
      options "$name"
    done
  done
} | cat -s | sed 's#(/[^)]*/)##' >"$work/page.md"

if [[ ${2:-} == --mend ]]; then
  cp "$work/page.md" "$page"
  exit
fi
if ! diff -u --label "host/docs/configuration.md" --label "the program" "$page" "$work/page.md"; then
  echo "error: host/docs/configuration.md: expected what cl-host describe tells, found another page" >&2
  echo "  fix: bash tests/host/configuration_reference_test.sh $host --mend" >&2
  exit 1
fi
