#!/usr/bin/env bash
# Builds Skiff on a fresh Debian 12 or 13 (as root) and runs a first container. A second run builds only what changed.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "quickstart.sh: run it as root" >&2; exit 1; }

echo "== 1. Building Skiff (dependencies come by apt)"
contrib/need-packages.sh busybox-static
contrib/build.sh build
skiff=$PWD/build/skiff
ls -lh "$skiff" | awk '{print $NF ": " $5}'

echo "== 2. Making a bundle: a directory with config.json and a root file system, here busybox alone"
demo=$(mktemp -d)
id=demo-$$
# A container that still exists (the demo was interrupted, say) goes first.
trap '"$skiff" --root "$demo/state" delete --force "$id" >/dev/null 2>&1 || true; umount -l "$demo"/state/.[!.]* 2>/dev/null || true; rm -rf "$demo"' EXIT
mkdir -p "$demo"/rootfs/{bin,dev,proc,sys,tmp}
cp "$(command -v busybox)" "$demo/rootfs/bin/busybox"
for applet in cat echo grep hostname ls mount ps sed sh; do ln -s busybox "$demo/rootfs/bin/$applet"; done
cat >"$demo/rootfs/hello.sh" <<'SCRIPT'
#!/bin/sh
echo "Hello from a Skiff container."
echo "My pid is $$, and I am $(sed 's/\x00.*//' /proc/1/cmdline) as pid 1."
echo "My host name is $(hostname)."
echo "My own view of the cgroups:"
sed 's/^/    /' /proc/self/cgroup
echo "My mounts:"
mount | sed 's/^/    /'
SCRIPT
chmod +x "$demo/rootfs/hello.sh"
(cd "$demo" && "$skiff" spec)
sed -i -e 's|"terminal": true|"terminal": false|' -e 's|"sh"|"/hello.sh"|' "$demo/config.json"

echo "== 3. skiff run --bundle $demo $id"
"$skiff" --root "$demo/state" run --bundle "$demo" "$id"
echo "== Done. More: build/skiff --help"
