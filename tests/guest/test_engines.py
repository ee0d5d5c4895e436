"""Engines that let systemd make the cgroups, with the runtime as theirs."""

import contextlib
import json
import os
import subprocess
import time

from lib import each, limit
from lib.container import wait_until
from lib.runtime import ENVIRONMENT, TOP
from lib.systemd import show, units

MIB = 1 << 20
SOCKET = "unix:///run/skifftest-docker.sock"


def engine(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT | {"HOME": "/root"},
                          timeout=25)


def ok(*command):
    done = engine(*command)
    assert done.returncode == 0, done
    return done.stdout.strip()


def archive(bundle):
    """The bundle's root file system as an image."""
    path = f"{bundle.path}/image.tar"
    subprocess.run(["tar", "-C", bundle.rootfs, "-cf", path, "."], check=True)
    return path


@each("skiff", "crun")
def test_podman(bundle, name):
    program = f"{bundle.path}/{name}"
    os.symlink(bundle.runtime.program, program)
    ok("podman", "import", "--quiet", archive(bundle), "skifftest")
    done = engine("podman", "--runtime", program, "--cgroup-manager", "systemd", "run", "--rm", "--network", "none",
                  "--pids-limit", "44", "--memory", "64m", "skifftest", "cat", "/sys/fs/cgroup/pids.max",
                  "/sys/fs/cgroup/memory.max")
    engine("podman", "rmi", "--force", "skifftest")
    assert done.stdout.split() == ["44", str(64 * MIB)], done
    assert not units("libpod-")


@contextlib.contextmanager
def docker(bundle):
    """A dockerd of our own with the file that users get; calls its client. It has no firewall: not every guest has."""
    with open(os.path.join(TOP, "contrib/engines/docker/daemon.json"), encoding="utf-8") as file:
        config = json.loads(file.read().replace("/usr/local/bin/skiff", bundle.runtime.program))
    config |= {"exec-opts": ["native.cgroupdriver=systemd"], "iptables": False, "ip6tables": False, "bridge": "none",
               "data-root": f"{bundle.path}/docker", "exec-root": "/run/skifftest-docker",
               "pidfile": "/run/skifftest-docker.pid", "hosts": [SOCKET], "shutdown-timeout": 3}
    with open(f"{bundle.path}/daemon.json", "w", encoding="utf-8") as file:
        json.dump(config, file)
    with open(f"{bundle.path}/dockerd.log", "wb") as log, \
         subprocess.Popen(["dockerd", "--config-file", f"{bundle.path}/daemon.json"], stdin=subprocess.DEVNULL,
                          stdout=log, stderr=log) as daemon:
        try:
            wait_until(lambda: engine("docker", "-H", SOCKET, "version").returncode == 0, "dockerd", 40)
            yield lambda *words: ok("docker", "-H", SOCKET, *words)
        finally:
            daemon.terminate()


@limit(120)
def test_docker(bundle):
    """Its containers are scopes with the limits, which are felt inside; exec, update, stop; nothing of them is left."""
    with docker(bundle) as call:
        call("import", archive(bundle), "box")
        assert call("info", "-f", "{{.DefaultRuntime}} {{.CgroupDriver}} {{.CgroupVersion}}") == "skiff systemd 2"
        script = "trap 'exit 7' TERM; while :; do sleep .1; done"
        box = call("run", "-d", "--network", "none", "--name", "box", "--pids-limit", "44", "--memory", "64m",
                   "--cpus", "0.5", "box", "sh", "-c", script)
        unit = f"docker-{box}.scope"
        limits = {"TasksMax": "44", "MemoryMax": str(64 * MIB), "CPUQuotaPerSecUSec": "500ms", "ActiveState": "active"}
        assert show(unit, *limits) == limits
        felt = ["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cpu.max"]
        assert call("exec", "box", "cat", *felt).split() == ["44", str(64 * MIB), "50000", "100000"]
        call("update", "--memory", "96m", "--memory-swap", "96m", "box")
        assert show(unit, "MemoryMax") == {"MemoryMax": str(96 * MIB)}
        assert call("exec", "box", "cat", felt[1]) == str(96 * MIB)
        call("pause", "box")
        assert call("inspect", "-f", "{{.State.Status}}", "box") == "paused"
        call("unpause", "box")
        begun = time.monotonic()
        call("stop", "-t", "20", "box")
        assert time.monotonic() - begun < 15
        assert call("inspect", "-f", "{{.State.ExitCode}}", "box") == "7"
        assert not units("docker-")
        killed = engine("docker", "-H", SOCKET, "run", "--network", "none", "--name", "eats", "--memory", "32m",
                        "--memory-swap", "32m", "box", "tail", "/dev/zero")
        assert killed.returncode == 137, killed
        assert call("inspect", "-f", "{{.State.OOMKilled}}", "eats") == "true"
        assert not units("docker-")
