#!/usr/bin/env bash
# Builds Skiff on a fresh Debian 12 or 13 (as root) and runs a first container. A second run builds only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "quickstart.sh: run it as root" >&2; exit 1; }

echo "== Building Skiff in build/; what it needs comes by apt"
contrib/need-packages.sh busybox-static
contrib/build.sh build
skiff=$PWD/build/skiff
"$skiff" --version

echo "== Making a bundle in build/demo: a config.json, and busybox as the root file system"
demo=$PWD/build/demo
rm -rf "$demo"
mkdir -p "$demo"/rootfs/{bin,dev,proc,sys,tmp}
cp "$(command -v busybox)" "$demo/rootfs/bin/busybox"
for applet in cat echo hostname ls mount ps sed sh; do ln -s busybox "$demo/rootfs/bin/$applet"; done
cat >"$demo/rootfs/hello" <<'SCRIPT'
#!/bin/sh
echo "Hello from a container!"
echo "I am pid $$ on the host $(hostname). All processes here:"
ps | sed 's/^/    /'
echo "My cgroup, as I see it:"
sed 's/^/    /' /proc/self/cgroup
echo "My mounts:"
mount | sed 's/^/    /'
SCRIPT
chmod +x "$demo/rootfs/hello"
"$skiff" spec --bundle "$demo"
sed -i -e 's|"terminal": true|"terminal": false|' -e 's|"sh"|"/hello"|' -e 's|"hostname": ".*"|"hostname": "demo"|' \
  "$demo/config.json"
# Where cgroups are of version 1, `spec` asks for no cgroup namespace, as runc's does; this demo shows one.
grep -q '"type": "cgroup"$' "$demo/config.json" ||
  sed -i 's|^\(\s*\)"type": "mount"$|&\n\1}, {\n\1"type": "cgroup"|' "$demo/config.json"

echo "== Running it: build/skiff run --bundle build/demo demo"
"$skiff" delete --force demo # of a run that was interrupted
"$skiff" run --bundle "$demo" demo
echo "== Done. Change build/demo/config.json and run it again; build/skiff --help tells more."
