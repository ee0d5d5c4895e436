#!/usr/bin/env bash
# build.sh [DIRECTORY [MESON OPTION...]]: installs the build dependencies and builds Skiff; by default a release in build/.
set -euo pipefail
cd "$(dirname "$0")/.."

directory=${1:-build}
shift || true
contrib/need-packages.sh g++ meson ninja-build pkg-config libyajl-dev libseccomp-dev libcap-dev libspdlog-dev catch2
[ -f "$directory/build.ninja" ] || meson setup "$directory" "$@" >"$directory.log" 2>&1 || {
  cat "$directory.log" >&2
  exit 1
}
rm -f "$directory.log"
ninja -C "$directory" --quiet
