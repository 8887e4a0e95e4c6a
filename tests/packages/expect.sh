# Functions of the tests in this folder, to be sourced. They read $cmake and $sources.

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

quietly() {  # log file, command...; prints the log when the command fails
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    local status=$?
    cat "$log" >&2
    printf '%s: expected exit code 0, found %s\n' "$*" "$status" >&2
    exit 1
  }
}
