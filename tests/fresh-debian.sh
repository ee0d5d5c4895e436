#!/usr/bin/env bash
# fresh-debian.sh [RELEASE...]: the README's two commands, timed, each on a new Debian (default: bookworm and trixie).
#
# Makes a minimal root file system with this machine's mirror and clones the checkout (what is committed) into it; then
# runs contrib/quickstart.sh and tests/run.sh in mount and pid namespaces of its own. Nothing stays. Not in run.sh: it
# takes minutes, and downloads. SUITES='unit lifecycle' runs these suites only; the newest engines, beside the newest
# peers: SUITES=engines ENGINES_FULL=1 PEERS='runc crun' tests/fresh-debian.sh trixie sid
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "fresh-debian.sh: run it as root" >&2; exit 1; }

# The inner half: this file again, in its namespaces.
if [ "${1:-}" = --inside ]; then
  root=$2 release=$3
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mkdir "$root/tmp/outside"
  cd "$root"
  pivot_root . tmp/outside
  umount -l /tmp/outside
  rmdir /tmp/outside
  cd /root/skiff
  failed=0
  run() {
    local since=$SECONDS status=0
    "$@" || status=$?
    echo "fresh $release: $* ended with status $status after $((SECONDS - since)) s"
    [ "$status" -eq 0 ] || failed=1
  }
  export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
  run contrib/quickstart.sh
  # shellcheck disable=SC2086 # words
  run tests/run.sh ${SUITES:-}
  exit "$failed"
fi

contrib/need-packages.sh mmdebstrap git
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v -e security -e updates | head -n 1)
[ $# -gt 0 ] || set -- bookworm trixie
for release in "$@"; do
  root=$(mktemp -d "/var/tmp/skiff-fresh-$release.XXXXXX")
  trap 'rm -rf --one-file-system "$root"' EXIT
  chmod 755 "$root"
  # A mirror that stands still has an old Release file of what changes daily.
  mmdebstrap --quiet --variant=minbase --aptopt='Acquire::Check-Valid-Until "false"' "$release" "$root" "$mirror"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  git -c safe.directory='*' clone --quiet --no-local . "$root/root/skiff"
  unshare --mount --propagation private --pid --fork --kill-child -- "$PWD/tests/fresh-debian.sh" --inside "$root" "$release"
  rm -rf --one-file-system "$root"
done
