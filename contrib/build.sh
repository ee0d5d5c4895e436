#!/usr/bin/env bash
# build.sh [DIRECTORY [MESON OPTION...]]: installs the build dependencies and builds Skiff, by default a release in build/.
# Options count for a new directory only; a second run builds what changed. The compiler is $CXX, by default g++.
set -euo pipefail
cd "$(dirname "$0")/.."

directory=${1:-build}
shift || true
contrib/need-packages.sh g++ meson ninja-build pkg-config libyajl-dev libseccomp-dev libcap-dev libdbus-1-dev \
  libspdlog-dev catch2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quietly() { "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }; }

if [ ! -f "$directory/build.ninja" ]; then
  # The schema test needs the specification's schemas, which are not a part of Skiff.
  [ ! -d ../shared/spec/schema ] || set -- "-Dspec_schema=$(realpath ../shared/spec/schema)" "$@"
  echo "compiling in $directory/, which takes a minute or two"
  quietly meson setup "$directory" "$@"
fi
quietly ninja -C "$directory"
