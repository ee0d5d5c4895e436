"""Cgroup hierarchies of this machine, whether version 1, hybrid or version 2."""

import os
import tempfile
import time

from lib import linux


def hierarchies():
    """[(mount point, version, controllers)] of what is mounted below /sys/fs/cgroup."""
    found = []
    for point in linux.mounts():
        if point.kind == "cgroup2":
            names = linux.read_text(os.path.join(point.target, "cgroup.controllers"), "").split()
            found.append((point.target, 2, names))
        elif point.kind == "cgroup":
            found.append((point.target, 1, [name for name in point.fs_options if name not in ("rw", "ro")]))
    return [entry for entry in found if entry[0].startswith("/sys/fs/cgroup")]


def _hierarchy(controller):
    for point, version, names in hierarchies():
        if controller in names or (controller == "devices" and version == 2 and point == "/sys/fs/cgroup"):
            return point, version
    return None


def has(controller):
    return _hierarchy(controller) is not None


def is_v2(controller):
    found = _hierarchy(controller)
    return found is not None and found[1] == 2


def directory(pid, controller):
    """Directory of a process in the hierarchy of `controller`."""
    point, version = _hierarchy(controller)
    for line in linux.read_text(f"/proc/{pid}/cgroup").splitlines():
        _, names, path = line.split(":", 2)
        if (version == 2 and names == "") or (version == 1 and controller in names.split(",")):
            return point + path
    raise LookupError(controller)


def find(prefix):
    """Directories anywhere in the hierarchies whose name begins with `prefix`."""
    return [os.path.join(folder, name) for point, _, _ in hierarchies() for folder, names, _ in os.walk(point)
            for name in names if name.startswith(prefix)]


def remove(path):
    """Removes a cgroup and those below it; True if it is gone."""
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass
    return not os.path.exists(path)


def give_back(controllers):
    """Lets the kernel end a version 1 hierarchy that a test has mounted. It outlives its last mount as long as cgroups
    in it are still dying, is in every /proc/PID/cgroup till then, and ends only with a later mount."""
    end = time.monotonic() + 30
    while f":{controllers}:" in linux.read_text("/proc/self/cgroup") and time.monotonic() < end:
        with tempfile.TemporaryDirectory() as place:
            child = os.fork()
            if child == 0:
                try:
                    linux.unshare(linux.CLONE_NEWNS)
                    linux.mount("none", "/", flags=linux.MS_PRIVATE | linux.MS_REC)
                    linux.mount("cgroup", place, "cgroup", data=controllers)
                    linux.unmount(place)
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
        time.sleep(0.2)
