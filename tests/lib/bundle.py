"""Bundles to run: a busybox root, a config.json as `runc spec` writes it, and the containers made of it."""

import copy
import itertools
import json
import os
import shutil

from lib.container import Container
from lib.runtime import BUILD

APPLETS = """cat chmod chown cp dd df echo env false find grep head hostname id ip kill ln ls mkdir mkfifo mknod mount mv
    nc nice printenv ps pwd readlink rm rmdir sed sh sleep sort stat stty su sync tail tee test touch tr true tty umount
    uname wc""".split()

CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]

CONFIG = {
    "ociVersion": "1.0.2",
    "process": {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": ["/bin/report"],
        "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
        "cwd": "/",
        "capabilities": {"bounding": CAPABILITIES, "effective": CAPABILITIES, "permitted": CAPABILITIES},
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
        "noNewPrivileges": True,
    },
    "root": {"path": "rootfs", "readonly": False},
    "hostname": "box",
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
         "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
        {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
         "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
        {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
         "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
        {"destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"]},
        {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
        {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
         "options": ["nosuid", "noexec", "nodev", "relatime", "ro"]},
    ],
    "linux": {
        "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup")],
        "maskedPaths": ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                        "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
        "readonlyPaths": ["/proc/asound", "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    },
}


def find_busybox():
    """The static busybox of Debian's busybox-static."""
    for path in ("/usr/bin/busybox", "/bin/busybox"):
        if os.path.exists(path):
            return path
    raise FileNotFoundError("busybox (package busybox-static)")


def make_template(where):
    """The root file system that the bundles copy."""
    for folder in ("bin", "dev", "proc", "sys", "tmp", "etc", "root"):
        os.makedirs(os.path.join(where, folder))
    os.chmod(os.path.join(where, "tmp"), 0o1777)
    shutil.copy(find_busybox(), os.path.join(where, "bin/busybox"))
    for applet in APPLETS:
        os.symlink("busybox", os.path.join(where, "bin", applet))
    payload = os.path.join(BUILD, "tests/payload")
    for program in ("report", "call", "load", "notify", "spy"):
        shutil.copy(os.path.join(payload, program), os.path.join(where, "bin", program))
    with open(os.path.join(where, "etc/passwd"), "w", encoding="ascii") as file:
        file.write("root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n")
    with open(os.path.join(where, "etc/group"), "w", encoding="ascii") as file:
        file.write("root:x:0:\nuser:x:1000:\n")


class Bundle:
    """A bundle directory; `config` is written each time the runtime is called."""

    _numbers = itertools.count(1)

    def __init__(self, path, template, runtime):
        self.path, self.runtime = str(path), runtime
        self.rootfs = os.path.join(self.path, "rootfs")
        shutil.copytree(template, self.rootfs, symlinks=True)
        self.config = copy.deepcopy(CONFIG)

    # Shorthands into the config.
    @property
    def process(self):
        return self.config["process"]

    @property
    def linux(self):
        return self.config["linux"]

    @property
    def resources(self):
        return self.linux["resources"]

    def add_mount(self, destination, source="tmpfs", kind="bind", options=()):
        self.config["mounts"].append(
            {"destination": destination, "type": kind, "source": str(source), "options": list(options)})

    def drop_mounts(self, prefix):
        """Takes out the mounts on this destination and below."""
        self.config["mounts"] = [mount for mount in self.config["mounts"]
                                 if not f"{mount['destination']}/".startswith(f"{prefix}/")]

    def set_namespace(self, kind, path=None):
        """Asks for a new namespace or, with a path, to join that one."""
        self.drop_namespace(kind)
        self.linux["namespaces"].append({"type": kind} | ({"path": path} if path else {}))

    def drop_namespace(self, kind):
        self.linux["namespaces"] = [entry for entry in self.linux["namespaces"] if entry["type"] != kind]

    def add_capabilities(self, *names):
        """Gives the program these capabilities besides the usual ones."""
        for kind in ("bounding", "effective", "permitted"):
            self.process["capabilities"][kind] = self.process["capabilities"][kind] + list(names)

    def add_hook(self, moment, *arguments, **more):
        self.config.setdefault("hooks", {}).setdefault(moment, []).append(
            {"path": arguments[0], "args": list(arguments)} | more)

    def map_users(self, host=100000, size=65536):
        """A user namespace whose root is `host` outside; the root file system is given to it."""
        self.set_namespace("user")
        for kind in ("uidMappings", "gidMappings"):
            self.linux[kind] = [{"containerID": 0, "hostID": host, "size": size}]
        for folder, _, files in os.walk(self.rootfs):
            for name in [folder] + [os.path.join(folder, file) for file in files]:
                os.chown(name, host, host, follow_symlinks=False)

    def file(self, path, text="", mode=0o644):
        """Writes a file into the root file system; its path outside."""
        outside = os.path.join(self.rootfs, path.lstrip("/"))
        os.makedirs(os.path.dirname(outside), exist_ok=True)
        with open(outside, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(outside, mode)
        return outside

    def write(self, text=None):
        """Writes config.json: from `config`, or this text."""
        with open(os.path.join(self.path, "config.json"), "w", encoding="utf-8") as file:
            file.write(json.dumps(self.config, indent=2) if text is None else text)

    def new_id(self):
        """An id that no other bundle of any test has."""
        return f"{os.environ['SKIFF_TEST_ID']}-{next(self._numbers)}"

    # Running it.
    def try_run(self, *args, flags=(), **options):
        """`run` with these process.args (none: as they are); the Result, whatever it is."""
        if args:
            self.process["args"] = list(args)
        self.write()
        return self.runtime.call("run", "--bundle", self.path, *flags, self.new_id(), **options)

    def run(self, *args, flags=(), **options):
        """`run` that must end well; what the program printed, without the last newline."""
        result = self.try_run(*args, flags=flags, **options)
        assert result.status == 0, result
        return result.out.rstrip("\n")

    def shell(self, script, **options):
        return self.run("/bin/sh", "-c", script, **options)

    def report(self, *args, **options):
        """What tests/payload/report.cc sees from inside the container."""
        return json.loads(self.run("/bin/report", *args, **options))

    def fails(self, text, *args, status=1, flags=(), **options):
        """`run` and `create` must both fail with this text, and leave nothing behind."""
        if args:
            self.process["args"] = list(args)
        self.write()
        before = self.runtime.ids()
        for command in ("create", "run"):
            self.runtime.fails(text, command, "--bundle", self.path, *flags, self.new_id(), status=status, **options)
            assert self.runtime.ids() == before, f"{command} left state: {self.runtime.ids()}"

    def create(self, *args, flags=(), **options):
        """`create` that must end well; the container. With no args its program runs until TERM (and ends with 7)."""
        self.process["args"] = list(args) or ["/bin/sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.02; done"]
        self.write()
        return Container(self, self.new_id(), flags, options)

    def start(self, *args, **options):
        """`create` and `start`."""
        container = self.create(*args, **options)
        container.start()
        return container
