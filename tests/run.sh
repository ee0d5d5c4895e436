#!/usr/bin/env bash
# run.sh [SUITE...]: runs all test suites or the ones named; as root on Debian 12 or 13.
#
# A suite is a folder here with an executable `run` or with test_*.py files (see README.md). From the environment:
#   BUILD_DIR=DIR      the build to test (default: build, made if missing)
#   OCI_RUNTIME=FILE   another runtime in place of BUILD_DIR/skiff
#   MATCH='WORD...'    only tests whose name holds one of the words (suites of test_*.py files)
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "run.sh: the tests need root" >&2; exit 1; }

export BUILD_DIR=${BUILD_DIR:-build}
contrib/need-packages.sh python3 busybox-static strace procps iproute2
contrib/build.sh "$BUILD_DIR"
BUILD_DIR=$(realpath "$BUILD_DIR")

is_suite() { [ -x "tests/$1/run" ] || compgen -G "tests/$1/test_*.py" >/dev/null; }

suites=("$@")
if [ ${#suites[@]} -eq 0 ]; then
  for folder in unit kernel lifecycle $(ls tests); do # quick ones first
    [[ " ${suites[*]} " == *" $folder "* ]] || ! is_suite "$folder" || suites+=("$folder")
  done
fi

passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for suite in "${suites[@]}"; do
  is_suite "$suite" || { echo "run.sh: no suite $suite" >&2; exit 1; }
  run=("tests/$suite/run")
  # shellcheck disable=SC2206 # the words are to be split
  [ -x "${run[0]}" ] || run=(python3 -B tests/lib/runner.py "$suite" ${MATCH:-})
  status=0
  "${run[@]}" 2>&1 | tee "$log" || status=$?
  line=$(grep -E "^$suite: [0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$" "$log" | tail -n 1) || true
  if [ -z "$line" ]; then
    line="$suite: 0 passed, 1 failed, 0 skipped"
    echo "$suite ended with status $status before its last line"
    echo "$line"
  fi
  read -r _ p _ f _ s _ <<<"$line"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || failed=$((failed + 1))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
