#!/usr/bin/env bash
# From a bare Debian 12 to a finished job: installs what is missing, configures, builds, runs.
#   bash cmake/bootstrap.sh run [arguments of `cl-host train`]    the program, and the plugins it needs
#   bash cmake/bootstrap.sh build [plugin...]                     everything but the tests
#   bash cmake/bootstrap.sh test [--full] [arguments of `ctest`]  --full: sanitizers and fuzzers too
# A second call finds everything done and starts at once.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release
# CONTRIBUTING.md says what each is for.
packages=(
  g++ cmake ninja-build
  libtorch-dev libblis4-openmp libdlpack-dev
  libboost-dev libboost-program-options-dev libtomlplusplus-dev libspdlog-dev
  nlohmann-json3-dev zlib1g-dev libssl-dev dataset-fashion-mnist
)
test_packages=(
  ccache make libgtest-dev pkgconf clang libclang-rt-dev clang-format abigail-tools
)

fail() {
  printf 'error[setup]: %s\n  fix: %s\n' "$1" "$2" >&2
  exit 2
}

# install_packages <package>...
install_packages() {
  local packages=("$@")
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

# configure <options of cmake>: anew where the presets or the options have changed. Ninja runs CMake
# again when a CMakeLists.txt changes, but does not know of the presets.
configure() {
  local stamp=$build/.configured
  if [[ ! -f $build/build.ninja || $root/CMakePresets.json -nt $stamp || $(cat "$stamp") != "$*" ]]; then
    (cd "$root" && cmake --preset release "$@") >&2
    echo "$*" >"$stamp"
  fi
}

# Without the tests, unless they are configured already.
configure_program() {
  if [[ ! -f $build/.configured || $root/CMakePresets.json -nt $build/.configured ]]; then
    configure -DCLH_TESTS=OFF -DCLH_BENCHMARKS=OFF
  fi
}

build() {
  cmake --build "$build" --parallel "$(parallel_jobs)" "$@" >&2
}

# The plugin that a run of these arguments lacks, as the program names it; empty if none.
plugin_to_build() {
  local arguments=() word
  for word in "$@"; do
    [[ $word == --json ]] || arguments+=("$word")
  done
  { "$build/bin/cl-host" train --dry-run "${arguments[@]}" 2>&1 >/dev/null || true; } |
    sed -n 's|^  fix: bash cmake/bootstrap.sh build \([a-z0-9_]*\)$|\1|p'
}

case ${1:-} in
  run)
    shift
    install_packages "${packages[@]}"
    configure_program
    # What the default job needs, then what the arguments name.
    build --target cl-host clh_plugin_er clh_plugin_mlp clh_plugin_fashion_mnist
    while plugin=$(plugin_to_build "$@") && [[ -n $plugin ]]; do
      build --target "clh_plugin_$plugin"
    done
    status=0
    "$build/bin/cl-host" train "$@" || status=$?
    plugins=$build/lib/cl-host/plugins
    left=$(($(cut -d' ' -f2 "$build/lib/cl-host/known-components.txt" | sort -u | wc -l) -
      $(find "$plugins" -name '*.so' | wc -l)))
    if ((left > 0)); then
      echo "the other $left plugins: bash cmake/bootstrap.sh build" >&2
    fi
    exit "$status"
    ;;
  build)
    shift
    install_packages "${packages[@]}"
    configure_program
    if (($# > 0)); then
      build --target cl-host "${@/#/clh_plugin_}"
    else
      build --target cl-host cl-host-validate clh_plugins
    fi
    ;;
  test)
    shift
    full=OFF
    if [[ ${1:-} == --full ]]; then
      full=ON
      shift
    fi
    install_packages "${packages[@]}" "${test_packages[@]}"
    configure -DCLH_TESTS=ON -DCLH_BENCHMARKS=$full -DCLH_FULL_TESTS=$full
    build
    cd "$root"
    exec ctest --preset release "$@"
    ;;
  *)
    fail "bootstrap.sh: expected run, build or test, found ${1:-nothing}" \
      "bash cmake/bootstrap.sh run, or bash cmake/bootstrap.sh test"
    ;;
esac
