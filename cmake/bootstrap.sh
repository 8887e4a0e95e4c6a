#!/usr/bin/env bash
# From a bare Debian 12 to a finished job: installs what is missing, configures, builds, runs.
#   bash cmake/bootstrap.sh run [arguments of `cl-host train`]
#   bash cmake/bootstrap.sh test [arguments of `ctest`]
# A second call finds everything done and starts at once.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release
# CONTRIBUTING.md says what each is for.
packages=(
  g++ cmake ninja-build make ccache
  libtorch-dev libblis4-openmp libdlpack-dev
  libboost-dev libboost-program-options-dev libtomlplusplus-dev libspdlog-dev
  nlohmann-json3-dev zlib1g-dev libssl-dev
  libgtest-dev pkgconf dataset-fashion-mnist clang libclang-rt-dev abigail-tools
)
# Without it ccache never finds a file that uses the precompiled LibTorch header.
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime

fail() {
  printf 'error[setup]: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 2
}

install_packages() {
  command -v dpkg-query >/dev/null ||
    fail "packages: expected Debian 12, found a system without dpkg" \
      "install the equivalents of: ${packages[*]}; then cmake --preset release"
  local package installed missing=()
  installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
  for package in "${packages[@]}"; do
    grep -qxF "installed $package" <<<"$installed" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    return
  fi
  local as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "packages: expected root or sudo to install ${missing[*]}, found neither" \
        "as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  echo "installing ${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# A LibTorch file takes up to 1.5 GB to compile.
parallel_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 1572864)}' /proc/meminfo)
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# Ninja runs CMake again when a CMakeLists.txt changes, but does not know of the presets.
configure() {
  local stamp=$build/.configured
  if [[ ! -f $build/build.ninja || ! -f $stamp || $root/CMakePresets.json -nt $stamp ]]; then
    (cd "$root" && cmake --preset release) >&2
    touch "$stamp"
  fi
}

build() {
  cmake --build "$build" --parallel "$(parallel_jobs)" "$@" >&2
}

case ${1:-} in
  run)
    shift
    install_packages
    configure
    build --target cl-host clh_plugins
    exec "$build/bin/cl-host" train "$@"
    ;;
  test)
    shift
    install_packages
    configure
    build
    cd "$root"
    exec ctest --preset release "$@"
    ;;
  *)
    fail "bootstrap.sh: expected run or test, found ${1:-nothing}" \
      "bash cmake/bootstrap.sh run, or bash cmake/bootstrap.sh test"
    ;;
esac
