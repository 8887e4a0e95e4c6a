#!/usr/bin/env bash
# The upgrade drill: builds and tests the project on Debian 13 (libtorch 2.6, g++ 14), then offers
# that host two plugins which this machine built for libtorch 1.13: the one that passes tensors must
# be refused, the neutral one must run. By hand and before a release, as root, with `debootstrap`:
#   tests/compat/debian13.sh            in a temporary folder of 7 GB, removed at the end
#   tests/compat/debian13.sh --keep DIR in DIR, which stays: a second call builds what has changed
# Output: the verdict is the last line; everything else goes to the log that it names on failure.
# Exit:   0 passed, 1 something did not, 2 usage or a machine that cannot do this.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
offered=${CLH_OFFERED_PLUGINS:-$root/build/release/lib/cl-host/plugins}
marker=.clh-debian13
release=trixie

fail() {
  printf 'error[setup]: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 2
}

# Mounts made in a namespace of our own cannot outlive the last of our processes.
if [[ ${CLH_DEBIAN13_NAMESPACE:-} != yes ]]; then
  ((EUID == 0)) || fail "debian13.sh: expected root, found user id $EUID" "sudo $0 $*"
  for tool in debootstrap unshare chroot tar; do
    command -v "$tool" >/dev/null ||
      fail "debian13.sh: expected $tool, found no such command" "apt-get install $tool"
  done
  for plugin in er fashion_mnist; do
    [[ -f $offered/$plugin.so ]] ||
      fail "$offered: expected $plugin.so, found no such file" "bash cmake/bootstrap.sh test"
  done
  grep -aq '^torch=1\.13' "$offered/er.so" ||
    fail "$offered/er.so: expected a plugin built for libtorch 1.13, found another" \
      "build the project on Debian 12"
  CLH_DEBIAN13_NAMESPACE=yes exec unshare --mount --propagation private "$0" "$@"
fi

keep=no
case ${1:-} in
  '')
    work=$(mktemp -d "${TMPDIR:-/tmp}/clh-debian13.XXXXXX")
    ;;
  --keep)
    [[ -n ${2:-} ]] || fail "debian13.sh: expected --keep DIR, found no DIR" "$0 --keep DIR"
    keep=yes
    work=$(realpath -m "$2")
    mkdir -p "$work"
    [[ -e $work/$marker || -z $(ls -A "$work") ]] ||
      fail "$work: expected an empty folder or one of ours, found another" "name a new folder"
    ;;
  *)
    fail "debian13.sh: expected nothing or --keep DIR, found $1" "$0 --keep DIR"
    ;;
esac
: >"$work/$marker"
system=$work/system
log=$work/log
step='the start'
started=$SECONDS
: >"$log"

# Removes only what carries our mark, never across a mount, and never while anything is mounted.
clean_up() {
  local status=$?
  if mountpoint -q "$system/proc"; then
    umount "$system/proc" || umount --lazy "$system/proc"
  fi
  if ((status != 0)); then
    keep=yes
    echo "debian13: FAILED at $step after $((SECONDS - started)) s, exit $status; log: $log"
  fi
  if [[ $keep == no && -f $work/$marker ]] && ! grep -q " $work/" /proc/self/mountinfo; then
    rm -rf --one-file-system -- "$work"
  fi
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

inside() {
  chroot "$system" /usr/bin/env -i HOME=/root LANG=C.UTF-8 TERM=dumb \
    PATH=/usr/sbin:/usr/bin:/sbin:/bin ${http_proxy:+http_proxy="$http_proxy"} \
    ${https_proxy:+https_proxy="$https_proxy"} nice -n "${CLH_NICE:-10}" "$@"
}

# The mirror is the one that this machine's apt takes Debian from.
make_system() {
  step='the base system'
  local mirror
  mirror=$(apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
    sed -n 's/^Debian|Debian|//p' | head -n 1)
  [[ -n $mirror ]] ||
    fail "/etc/apt: expected a source of Debian itself, found none" "apt-get update"
  local proxy
  proxy=$(apt-config dump --format '%v' Acquire::http::Proxy 2>/dev/null || true)
  if [[ -n $proxy && -z ${http_proxy:-} ]]; then
    export http_proxy=$proxy
  fi
  if [[ ! -f $work/.system-complete ]]; then
    debootstrap --variant=minbase --include=ca-certificates "$release" "$system" "$mirror" \
      >>"$log" 2>&1
    apt-config dump | grep -E '^Acquire::(http|https)::(Proxy|No-Proxy)' \
      >"$system/etc/apt/apt.conf.d/90-of-the-builder" || true
    : >"$work/.system-complete"
  fi
  cp /etc/resolv.conf "$system/etc/resolv.conf"
  mount -t proc proc "$system/proc"
}

copy_sources() {
  step='the copy of the sources'
  mkdir -p "$system/src" "$system/offered"
  tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$system/src" -xf -
  install -m 644 "$offered/er.so" "$offered/fashion_mnist.so" "$system/offered/"
}

build_and_test() {
  step='bash cmake/bootstrap.sh test'
  inside bash /src/cmake/bootstrap.sh test >>"$log" 2>&1
}

# Exit code 3 and the two lines that a user reads.
refuse_the_old_torch_plugin() {
  step='refusing the torch plugin of libtorch 1.13'
  local output status=0
  output=$(inside /src/build/release/bin/cl-host train --plugin /offered/er.so train.iterations=1 \
    run.dir=/tmp/refused 2>&1) || status=$?
  printf '%s\n' "$output" >>"$log"
  ((status == 3))
  grep -qE '^error\[torch-mismatch\]: /offered/er\.so: expected a plugin built for libtorch 2\.[0-9]+ \(cxx11abi=1\), found libtorch 1\.13 \(cxx11abi=1\)$' \
    <<<"$output"
  grep -qF '  fix: rebuild it against this host: cmake -S ' <<<"$output"
}

# The record names the file that was used.
run_the_old_neutral_plugin() {
  step='running the neutral plugin of libtorch 1.13'
  local output
  rm -rf "$system/tmp/neutral"
  output=$(inside /src/build/release/bin/cl-host train --json --plugin /offered/fashion_mnist.so \
    train.iterations=20 run.dir=/tmp/neutral 2>>"$log")
  printf '%s\n' "$output" >>"$log"
  grep -qF '"/offered/fashion_mnist.so"' <<<"$output"
}

make_system
copy_sources
build_and_test
refuse_the_old_torch_plugin
run_the_old_neutral_plugin

tests=$(grep -oE '[0-9]+% tests passed.*' "$log" | tail -n 1)
compiler=$(inside g++ -dumpfullversion)
torch=$(inside dpkg-query -W -f '${Version}' libtorch-dev)
echo "debian13: passed: Debian $(<"$system/etc/debian_version"), g++ $compiler, libtorch $torch:" \
  "$tests; the 1.13 torch plugin refused, the 1.13 neutral one ran; $((SECONDS - started)) s," \
  "$(date -u +%F)"
