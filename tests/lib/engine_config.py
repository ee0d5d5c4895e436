"""config.json files as engines wrote them, made to run here: what belonged to the engine's machine gets a stand-in.

Everything else stays as it is. What this machine cannot do is dropped: capabilities outside the bounding set, limits
of controllers that the view of cgroups has not, and, without CAP_SYS_RESOURCE, what raises rlimits or OOM priority.
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess

from lib import cgroup, linux
from lib.runtime import TOP

FOLDER = pathlib.Path(os.environ.get("SKIFF_CONFIGS", os.path.join(TOP, "../shared/spec/configs")))

# What the engines' images hold besides the harness's own root file system.
APPLETS = ("ip", "uniq", "tty")

# A network hook's stand-in: keeps what it was told, and looks where the container's network would be moved.
HOOK = """#!/bin/sh
cat >"$0.state"
pid=$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' "$0.state")
{ echo "$@"; readlink /proc/self/ns/net "/proc/$pid/ns/net"; } >"$0.seen"
"""

CAP_SYS_RESOURCE = 24
_BIT_OF = {"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
           "NET_BIND_SERVICE": 10, "NET_RAW": 13, "SYS_CHROOT": 18, "MKNOD": 27, "AUDIT_WRITE": 29, "SETFCAP": 31}


def names():
    return sorted(file.stem for file in FOLDER.glob("*.json"))


def capability_mask(capabilities):
    return sum(1 << _BIT_OF[name.removeprefix("CAP_")] for name in set(capabilities))


def bounding_set():
    return int(linux.status_field("CapBnd"), 16)


class EngineConfig:
    """One of the engines' files, placed into a bundle of the harness; `config` is the bundle's."""

    def __init__(self, name, bundle):
        self.name, self.bundle = name, bundle
        self.config = bundle.config = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        self.folder = pathlib.Path(bundle.path)
        self.joined, self.hooks = {}, []
        self._place_root()
        self._place_bind_sources()
        self._place_namespaces()
        self._place_hooks()
        self._place_cgroup()
        self._drop_privileges()
        self._drop_limits()

    @property
    def process(self):
        return self.config["process"]

    @property
    def linux(self):
        return self.config["linux"]

    def _place_root(self):
        self.config["root"]["path"] = self.bundle.rootfs
        for applet in APPLETS:
            link = os.path.join(self.bundle.rootfs, "bin", applet)
            if not os.path.lexists(link):
                os.symlink("busybox", link)

    def _place_bind_sources(self):
        for mount in self.config["mounts"]:
            source = pathlib.Path(mount["source"])
            if mount["type"] != "bind" or source.exists():
                continue
            stand_in = self.folder / "volumes" / str(source).lstrip("/")
            if mount["destination"] == "/dev/shm":
                stand_in.mkdir(parents=True)
                stand_in.chmod(0o1777)
            else:
                stand_in.parent.mkdir(parents=True, exist_ok=True)
                self._fill(stand_in, mount["destination"])
            mount["source"] = str(stand_in)

    def _fill(self, file, destination):
        inside = pathlib.Path(self.bundle.rootfs + destination)
        if inside.exists():  # a passwd of the engine has the root file system's users, too
            shutil.copy(inside, file)
        else:
            file.write_text(f"stand-in for {destination}\n", encoding="utf-8")

    def _place_namespaces(self):
        """New namespaces, each bound to a file as engines do it."""
        flag = {"network": "--net", "ipc": "--ipc", "uts": "--uts"}
        wanted = [entry for entry in self.linux["namespaces"] if entry.get("path")]
        for entry in wanted:
            file = self.folder / "namespaces" / entry["type"]
            file.parent.mkdir(exist_ok=True)
            file.touch()
            entry["path"] = str(file)
            self.joined[entry["type"]] = str(file)
        if wanted:
            subprocess.run(["unshare", *[f"{flag[kind]}={file}" for kind, file in self.joined.items()],
                            "ip", "link", "set", "lo", "up"], check=True)

    def remove_namespaces(self):
        for file in self.joined.values():
            linux.unmount(file)

    def _place_hooks(self):
        """The engine's program becomes a script; the arguments stay."""
        for moment, hooks in (self.config.get("hooks") or {}).items():
            for number, hook in enumerate(hooks):
                script = self.folder / f"{moment}-{number}"
                script.write_text(HOOK, encoding="utf-8")
                script.chmod(0o755)
                hook["path"] = str(script)
                self.hooks.append((moment, hook))

    def _place_cgroup(self):
        """Below a directory of this test: other tests run the same file at the same time."""
        if self.linux.get("cgroupsPath"):
            self.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}-parent{self.linux['cgroupsPath']}"

    def remove_cgroup_parents(self):
        """Engines keep the directories above the container's: what the runtime leaves of them is no fault."""
        for path in cgroup.find(f"{os.environ['SKIFF_TEST_ID']}-parent"):
            assert cgroup.remove(path), f"{path} is not empty"

    def _drop_privileges(self):
        bounding = bounding_set()
        for kind, listed in self.process["capabilities"].items():
            self.process["capabilities"][kind] = [name for name in listed if capability_mask([name]) & bounding]
        if bounding & 1 << CAP_SYS_RESOURCE:
            return
        for limit in self.process.get("rlimits", []):
            hard = resource.getrlimit(getattr(resource, limit["type"]))[1]
            if hard != resource.RLIM_INFINITY:
                limit["hard"] = min(limit["hard"], hard)
                limit["soft"] = min(limit["soft"], hard)
        if self.process.get("oomScoreAdj", 0) < 0:
            del self.process["oomScoreAdj"]

    def _drop_limits(self):
        """Only what sets something; {"shares": 0} and the like ask for nothing and stay."""
        resources = self.linux["resources"]
        cpu = resources.get("cpu", {})
        for section, controller, fields in (
                (resources.get("memory", {}), "memory", ("limit", "swap")),
                (cpu, "cpu", ("shares", "quota", "period")),
                (cpu, "cpuset", ("cpus", "mems")),
                (resources.get("pids", {}), "pids", ("limit",))):
            for field in fields:
                if section.get(field) and not cgroup.has(controller):
                    del section[field]
        if resources.get("pids") == {}:
            del resources["pids"]  # its limit is required
