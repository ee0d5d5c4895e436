"""The system calls that Python 3.11 lacks, and small readers of /proc."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT = 32
MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE, MS_SHARED = 0x1000, 0x2000, 0x4000, 1 << 18, 1 << 20
MNT_DETACH = 2
PR_SET_CHILD_SUBREAPER = 36

# The namespaces of the specification: name in config.json -> name below /proc/PID/ns.
NAMESPACES = {"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "user": "user",
              "cgroup": "cgroup", "time": "time"}


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def setns(namespace, flags):
    """For a forked child: there is no way back."""
    _check(_libc.setns(namespace, flags), "setns")


mounted = []  # what a test has mounted; the harness unmounts it


def mount(source, target, kind="", flags=0, data=""):
    arguments = [os.fsencode(str(text)) for text in (source, target, kind, data)]
    _check(_libc.mount(arguments[0], arguments[1], arguments[2], ctypes.c_ulong(flags), arguments[3]),
           f"mount {source} on {target}")
    if not flags & (MS_PRIVATE | MS_SHARED):
        mounted.append(str(target))


def bind(source, target, recursive=False):
    mount(source, target, flags=MS_BIND | (MS_REC if recursive else 0))


def unmount(target):
    _check(_libc.umount2(os.fsencode(str(target)), MNT_DETACH), f"unmount {target}")


def try_unmount(target):
    """Unmounts what may be gone or moved already."""
    _libc.umount2(os.fsencode(str(target)), MNT_DETACH)


def make_subreaper():
    """Orphans among this process's descendants become its children."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def read_text(path, default=None):
    """The file's text without the last newline; `default` (where given) if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read().rstrip("\n")
    except OSError:
        if default is None:
            raise
        return default


def process_state(pid):
    """The letter of /proc/PID/stat (R, S, Z...); "" if there is no such process."""
    stat = read_text(f"/proc/{pid}/stat", "")
    return stat.rpartition(")")[2].split()[0] if stat else ""


def is_alive(pid):
    return process_state(pid) not in ("", "Z", "X")


def status_field(name, pid="self"):
    """A field of /proc/PID/status."""
    return next(line.split(None, 1)[1] for line in read_text(f"/proc/{pid}/status").splitlines()
                if line.startswith(f"{name}:"))


def namespace(pid, name):
    """Inode of the namespace `name` (a name of config.json) of a process."""
    return os.stat(f"/proc/{pid}/ns/{NAMESPACES[name]}").st_ino


def descendants(root):
    """Pids below `root`, parents first, zombies included."""
    children = {}
    for entry in os.listdir("/proc"):
        stat = read_text(f"/proc/{entry}/stat", "") if entry.isdigit() else ""
        if stat:
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


class MountPoint:
    """One line of a mountinfo file."""

    def __init__(self, line):
        left, _, right = line.partition(" - ")
        fields = left.split()
        self.id, self.parent, self.device, self.root = int(fields[0]), int(fields[1]), fields[2], fields[3]
        self.target = fields[4].replace("\\040", " ")
        self.options = fields[5].split(",")
        self.propagation = fields[6:]
        self.kind, self.source, *rest = right.split(" ")
        self.fs_options = rest[-1].split(",") if rest else []

    def __repr__(self):
        return f"{self.target} {self.kind} {','.join(self.options)} {self.propagation} {','.join(self.fs_options)}"


def mounts(pid="self"):
    return [MountPoint(line) for line in read_text(f"/proc/{pid}/mountinfo").splitlines()]
