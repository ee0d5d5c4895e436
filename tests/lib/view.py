#!/usr/bin/env python3
"""Views of the cgroup hierarchies: this machine's /sys/fs/cgroup as hybrid, v1 or v2 alone.

    view.py LAYOUT COMMAND...      runs COMMAND in a mount namespace of its own with that layout

hybrid is v1 hierarchies with cgroup2 at unified/, as the machine has it; v1 the same without any cgroup2; v2 is
cgroup2 alone (on a machine that gives the controllers to v1 it has only those left over). Nothing outside changes.
"""

import os
import pathlib
import sys
import tempfile

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import Skip, cgroup, linux  # noqa: E402 (the path has to be set first)

TOP = "/sys/fs/cgroup"
LAYOUTS = ("hybrid", "v1", "v2")


def _versions():
    return {point: version for point, version, _ in cgroup.hierarchies()}


def is_possible(layout):
    """Whether this machine can show it: cgroup v2 everywhere, the others where v1 hierarchies are mounted."""
    versions = _versions()
    return {"hybrid": versions.get(f"{TOP}/unified") == 2, "v1": 1 in versions.values(), "v2": True}[layout]


def show(layout):
    """Changes /sys/fs/cgroup in this process's mount namespace, which must be private; Skip where it cannot be."""
    if not is_possible(layout):
        raise Skip(f"this machine has not the hierarchies for the {layout} layout of cgroups")
    versions = _versions()
    if layout == "v1":
        _show_v1([point for point, version in versions.items() if version == 1])
    if layout == "v2" and versions.get(TOP) != 2:
        linux.unmount(TOP)
        linux.mount("cgroup2", TOP, "cgroup2")


def _show_v1(hierarchies):
    """A tmpfs with binds takes the place of the machine's: else mountinfo would still list the cgroup2 below it."""
    scratch = tempfile.mkdtemp(prefix="skiff-view-")
    linux.mount("tmpfs", scratch, "tmpfs", data="mode=755")
    for point in hierarchies:
        os.mkdir(os.path.join(scratch, os.path.basename(point)))
        linux.bind(point, os.path.join(scratch, os.path.basename(point)))
    for entry in os.scandir(TOP):  # cpu -> cpu,cpuacct
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), os.path.join(scratch, entry.name))
    linux.unmount(TOP)
    linux.mount(scratch, TOP, flags=linux.MS_MOVE)
    os.rmdir(scratch)


def main():
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount("none", "/", flags=linux.MS_PRIVATE | linux.MS_REC)
    try:
        show(sys.argv[1])
    except Skip as reason:
        sys.exit(f"view.py: {reason}")
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
