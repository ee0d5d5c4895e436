"""A throw-away machine for an engine: namespaces of its own, in which its daemons, mounts, bridges and firewall live.

`run_inside(function)` calls the function in a child with private mount, pid, network, uts, ipc and cgroup namespaces,
/run and /dev of its own, and the loopback device as its only network. When it returns all that it started is killed,
and its cgroups are removed: the host is as before.
"""

import ctypes
import os
import pathlib
import socket
import stat
import subprocess
import sys
import tempfile
import traceback

from lib import cgroup, linux

CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000000, 0x40000000, 0x04000000, 0x08000000
CLONE_NEWCGROUP = 0x02000000
TOP = "/sys/fs/cgroup"
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9), "tty": (5, 0),
           "ptmx": (5, 2), "console": (5, 1), "kmsg": (1, 11), "fuse": (10, 229), "net/tun": (10, 200)}
LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "log": "/run/dev-log"}


def run_inside(function):
    """The exit status of function(), which is called as root of such a machine."""
    name = f"skiff-engines-{os.getpid()}"
    outer = os.fork()
    if outer == 0:
        _call(lambda: _enter(name, function))
    status = os.waitstatus_to_exitcode(os.waitpid(outer, 0)[1])
    for point, _, _ in cgroup.hierarchies():
        _remove_cgroups(os.path.join(point, name))
    return status


def _call(function):
    """Ends this process with what the function returns."""
    status = 1
    try:
        status = function()
    except BaseException:  # nothing of the caller may go on in this process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)


def _enter(name, function):
    hierarchies = [point for point, version, _ in cgroup.hierarchies() if version == 1] or [TOP]
    for point in hierarchies:
        _join(os.path.join(point, name))
    linux.unshare(linux.CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP)
    linux.mount("none", "/", flags=linux.MS_PRIVATE | linux.MS_REC)
    inner = os.fork()  # pid 1 of the namespace: when it ends, the kernel kills all others
    if inner == 0:
        ctypes.CDLL(None).prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL
        _call(lambda: _furnish(name, hierarchies) or _reap_around(function))
    return os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])


def _reap_around(function):
    """What pid 1 does: daemons take an orphan that nobody has reaped for one that still runs."""
    worker = os.fork()
    if worker == 0:
        _call(function)
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == worker:
            return os.waitstatus_to_exitcode(status)


def _join(folder):
    """Makes the cgroup and moves this process there."""
    os.mkdir(folder)
    for file in ("cpuset.cpus", "cpuset.mems"):  # of version 1: empty in a new cgroup, which then takes no process
        path = os.path.join(folder, file)
        if os.path.exists(path):
            pathlib.Path(path).write_text(linux.read_text(os.path.join(os.path.dirname(folder), file)), "ascii")
    pathlib.Path(folder, "cgroup.procs").write_text("0", "ascii")


def _furnish(name, hierarchies):
    linux.mount("proc", "/proc", "proc")
    _show_cgroups(name, hierarchies)
    _make_dev()
    linux.mount("tmpfs", "/run", "tmpfs", data="mode=755")
    for folder in ("/run/lock", "/run/user"):
        os.mkdir(folder)
    for folder in ("/etc", "/root", "/var/lib", "/var/cache"):
        keep_changes_off(folder)
    linux.mount("none", "/", flags=linux.MS_SHARED | linux.MS_REC)  # as systemd leaves it
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1", "ascii")
    _swallow_syslog()


def keep_changes_off(folder):
    """What is written there stays in memory, and is gone with the machine."""
    scratch = tempfile.mkdtemp(prefix="changes-", dir="/run")
    for name in ("upper", "work"):
        os.mkdir(os.path.join(scratch, name))
    os.chmod(f"{scratch}/upper", stat.S_IMODE(os.stat(folder).st_mode))
    linux.mount("overlay", folder, "overlay", data=f"lowerdir={folder},upperdir={scratch}/upper,workdir={scratch}/work")


def _show_cgroups(name, hierarchies):
    """This machine's own cgroups as the whole of /sys/fs/cgroup: version 1 without any cgroup2, or cgroup2 alone."""
    if hierarchies == [TOP]:
        linux.unmount(TOP)
        linux.mount("cgroup2", TOP, "cgroup2")
        return
    scratch = tempfile.mkdtemp(prefix="skiff-engines-")
    linux.mount("tmpfs", scratch, "tmpfs", data="mode=755")
    for point in hierarchies:
        place = os.path.join(scratch, os.path.basename(point))
        os.mkdir(place)
        linux.bind(os.path.join(point, name), place)
    for entry in os.scandir(TOP):  # cpu -> cpu,cpuacct
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), os.path.join(scratch, entry.name))
    linux.unmount(TOP)
    linux.mount(scratch, TOP, flags=linux.MS_MOVE)
    os.rmdir(scratch)


def _make_dev():
    scratch = tempfile.mkdtemp(prefix="skiff-engines-")
    linux.mount("tmpfs", scratch, "tmpfs", data="mode=755")
    for folder in ("pts", "shm", "mqueue", "net"):
        os.mkdir(os.path.join(scratch, folder))
    for path, numbers in DEVICES.items():
        os.mknod(os.path.join(scratch, path), stat.S_IFCHR | 0o666, os.makedev(*numbers))
        os.chmod(os.path.join(scratch, path), 0o666)
    for path, target in LINKS.items():
        os.symlink(target, os.path.join(scratch, path))
    linux.mount("devpts", f"{scratch}/pts", "devpts", data="newinstance,ptmxmode=0666,mode=620,gid=5")
    linux.mount("tmpfs", f"{scratch}/shm", "tmpfs", data="mode=1777")
    linux.mount("mqueue", f"{scratch}/mqueue", "mqueue")
    linux.mount(scratch, "/dev", flags=linux.MS_MOVE)
    os.rmdir(scratch)


def _swallow_syslog():
    """Somebody must read /dev/log, or those that write there wait."""
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/run/dev-log")
    if os.fork() == 0:
        while True:
            log.recv(65536)
    log.close()


def _remove_cgroups(folder):
    for path, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except OSError as error:
            print(f"left behind: cgroup {path}: {error.strerror}")
