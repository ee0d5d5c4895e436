"""The image that all engines run: busybox, made here of Debian's busybox-static; no registry is asked for anything."""

import hashlib
import io
import json
import os
import pathlib
import subprocess
import tarfile

from lib.bundle import find_busybox

PASSWD = "root:x:0:0:root:/root:/bin/sh\nmail:x:8:12:mail:/var/mail:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n"
GROUP = "root:x:0:\nmail:x:12:\nnobody:x:65534:\n"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _member(name, kind=tarfile.REGTYPE, mode=0o755, size=0, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size, member.linkname = kind, mode, size, target
    return member


def make_root(path):
    """A tar file of the root file system."""
    busybox = pathlib.Path(find_busybox()).read_bytes()
    applets = subprocess.run([find_busybox(), "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    with tarfile.open(path, "w") as tar:
        for name in ("bin", "dev", "etc", "home", "proc", "root", "run", "sys", "tmp", "usr", "var"):
            tar.addfile(_member(name, tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755))
        tar.addfile(_member("bin/busybox", size=len(busybox)), io.BytesIO(busybox))
        for applet in applets:
            if applet != "busybox":
                tar.addfile(_member(f"bin/{applet}", tarfile.SYMTYPE, target="busybox"))
        for name, text in (("etc/passwd", PASSWD), ("etc/group", GROUP)):
            tar.addfile(_member(name, mode=0o644, size=len(text)), io.BytesIO(text.encode()))


def make_archive(path, root, name, command):
    """A docker-archive: what `ctr image import`, `podman load` and skopeo read."""
    layer = pathlib.Path(root).read_bytes()
    config = {"architecture": "amd64" if os.uname().machine == "x86_64" else "arm64", "os": "linux",
              "config": {"Env": [PATH], "Cmd": command, "WorkingDir": "/"},
              "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    with tarfile.open(path, "w") as tar:
        for file, data in (("manifest.json", json.dumps(manifest).encode()),
                           ("config.json", json.dumps(config).encode()), ("layer.tar", layer)):
            tar.addfile(_member(file, mode=0o644, size=len(data)), io.BytesIO(data))


class Images:
    """Files in `folder`: `root` (tar of the root file system), `archive` (of localhost/box:1), `pause`."""

    def __init__(self, folder):
        self.root, self.archive, self.pause = (os.path.join(folder, f"{name}.tar") for name in ("root", "box", "pause"))
        make_root(self.root)
        make_archive(self.archive, self.root, "localhost/box:1", ["/bin/sh"])
        make_archive(self.pause, self.root, "localhost/pause:1", ["/bin/sleep", "2147483"])
