"""Podman of Debian, as a user without any rights: Podman makes the user namespace, the runtime works in it."""

import os
import resource
import shutil

import podman
from client import call, shipped
from images import PATH
from work import *  # noqa: F403 (its tests are ours)
from work import shell

test_health_check, test_privileged = podman.test_health_check, podman.test_privileged

# What takes cgroups of the user's own, which only systemd (or root) gives him.
for name in ("limits", "memory_limit_is_felt", "processes_limit_is_felt", "update", "pause_and_unpause", "stats",
             "cgroup_namespace_and_parent"):
    del globals()[f"test_{name}"]
# What only root may give, folders of root's, and a network card that has another name here.
for name in ("ulimit_sysctl_shm_and_oom_score", "run_of_the_host", "device", "host_folder", "networks"):
    del globals()[f"test_{name}"]

USER, NUMBER, FIRST, COUNT = "skiffer", 5001, 300000, 65536
CONFIG = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
default_rootless_network_cmd = "slirp4netns"
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
"""


class Engine(podman.Engine):
    packages = (*podman.Engine.packages, "uidmap", "slirp4netns", "fuse-overlayfs")

    def __init__(self, folder, runtime, images):
        program = shutil.copy(runtime, folder)  # the user need not be able to go where it was built
        super().__init__(folder, program, images)

    def start(self):
        for file, line in (("passwd", f"{USER}:x:{NUMBER}:{NUMBER}::{self.path('home')}:/bin/sh"),
                           ("group", f"{USER}:x:{NUMBER}:"), ("subuid", f"{USER}:{FIRST}:{COUNT}"),
                           ("subgid", f"{USER}:{FIRST}:{COUNT}")):
            with open(f"/etc/{file}", "a", encoding="ascii") as out:  # as only this machine sees it
                out.write(f"{line}\n")
        limit = {name: resource.getrlimit(kind)[1] for name, kind in
                 (("files", resource.RLIMIT_NOFILE), ("processes", resource.RLIMIT_NPROC))}
        self.write("home/.config/containers/containers.conf", CONFIG.format(**limit))
        self.write("home/.config/containers/containers.conf.d/skiff.conf", shipped("podman/skiff.conf", self.runtime))
        os.makedirs(f"/run/user/{NUMBER}")
        os.chown(self.folder, NUMBER, NUMBER)
        for top in (self.path("home"), f"/run/user/{NUMBER}"):
            for path, _, files in os.walk(top):
                for name in (path, *(os.path.join(path, file) for file in files)):
                    os.chown(name, NUMBER, NUMBER)
        self.as_user = ["setpriv", f"--reuid={NUMBER}", f"--regid={NUMBER}", "--clear-groups", "env", "-C",
                        self.path("home"), "-i", f"HOME={self.path('home')}", f"XDG_RUNTIME_DIR=/run/user/{NUMBER}",
                        f"PATH={os.environ['PATH']}", "PODMAN_IGNORE_CGROUPSV1_WARNING=1"]
        self.build = ("build", "--runtime", self.runtime, "--no-cache", "-q")
        self.command = [*self.as_user, "podman"]
        self.ok("import", "-c", 'CMD ["/bin/sh"]', "-c", f"ENV {PATH}", self.images.root, "box")

    def stop(self):
        self.call("rm", "-f", "-a", "-t", "0")
        call([*self.as_user, "podman", "unshare", "rm", "-rf", self.path("home/.local")])
        super().stop()


def test_ids_are_the_users(engine):
    lines = shell(engine, script="cat /proc/self/uid_map").splitlines()
    assert [line.split() for line in lines] == [["0", str(NUMBER), "1"], ["1", str(FIRST), str(COUNT)]]


def test_keep_id(engine):
    assert shell(engine, "--userns=keep-id", script="id -u") == str(NUMBER)


def test_file_of_the_user(engine):
    folder = engine.path("home/shared")
    os.mkdir(folder)
    os.chown(folder, NUMBER, NUMBER)
    shell(engine, "-v", f"{folder}:/v", script="touch /v/root; touch /v/other; chown 7:7 /v/other")
    assert os.stat(f"{folder}/root").st_uid == NUMBER
    assert os.stat(f"{folder}/other").st_uid == FIRST + 6


def test_network(engine):
    assert "inet 10.0.2.100" in shell(engine, script="ip addr show tap0")
    assert "tap0" not in shell(engine, "--network", "none", script="ip addr")


def test_pod(engine, name):
    with podman.pod_with_a_server(engine, name):
        pass
