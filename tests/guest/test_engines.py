"""Engines that let systemd make the cgroups, with the runtime as theirs."""

import contextlib
import json
import os
import shutil
import subprocess
import time

from lib import each, limit, skip
from lib.container import wait_until
from lib.runtime import ENVIRONMENT, TOP
from lib.systemd import show, units

MIB = 1 << 20
FILES = os.path.join(TOP, "contrib/engines")
NO_FIREWALL = {"iptables": False, "ip6tables": False, "bridge": "none"}  # not every guest has one
SOCKET = "unix:///run/skifftest-docker.sock"


def engine(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False, env=ENVIRONMENT | {"HOME": "/root"},
                          timeout=100)


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


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


@contextlib.contextmanager
def docker(bundle):
    """A dockerd of our own with the file that users get; calls its client."""
    with open(f"{FILES}/docker/daemon.json", encoding="utf-8") as file:
        config = json.loads(file.read().replace("/usr/local/bin/skiff", bundle.runtime.program))
    config |= NO_FIREWALL | {"exec-opts": ["native.cgroupdriver=systemd"], "data-root": f"{bundle.path}/docker",
                             "exec-root": "/run/skifftest-docker", "pidfile": "/run/skifftest-docker.pid",
                             "hosts": [SOCKET], "shutdown-timeout": 3, "experimental": True}
    write_json(f"{bundle.path}/daemon.json", config)
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
        wait_until(lambda: not units("docker-"), "no unit of a container")
        killed = engine("docker", "-H", SOCKET, "run", "--network", "none", "--name", "eats", "--memory", "32m",
                        "--memory-swap", "32m", "box", "tail", "/dev/zero")
        assert killed.returncode == 137, killed
        wait_until(lambda: not units("docker-"), "no unit of a container")


@contextlib.contextmanager
def installed(bundle):
    """The program where the page of contrib/engines/ puts it."""
    assert not os.path.exists("/usr/local/bin/skiff")
    shutil.copy(bundle.runtime.program, "/usr/local/bin/skiff")
    try:
        yield
    finally:
        os.unlink("/usr/local/bin/skiff")


def test_podman_to_skiff_and_back(bundle):
    """By the file that users get."""
    place, path = "/etc/containers/containers.conf.d/skiff.conf", ["podman", "info", "-f", "{{.Host.OCIRuntime.Path}}"]
    with installed(bundle):
        before = ok(*path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(f"{FILES}/podman/skiff.conf", place)
        try:
            assert ok(*path) == "/usr/local/bin/skiff"
        finally:
            os.unlink(place)
        assert ok(*path) == before != "/usr/local/bin/skiff"


@limit(180)
def test_docker_to_skiff_and_back(bundle):
    """By the file that users get, merged with what they have; in a minute, but for the time that Docker itself takes."""
    place, runtime = "/etc/docker/daemon.json", ["docker", "info", "-f", "{{.DefaultRuntime}}"]
    with open(f"{FILES}/docker/daemon.json", encoding="utf-8") as file:
        ours = json.load(file)

    with installed(bundle):
        try:
            write_json(place, NO_FIREWALL | ours)
            ok("systemctl", "restart", "docker.service")
            assert ok(*runtime) == "skiff"
            ok("docker", "import", archive(bundle), "skifftest")
            assert ok("docker", "run", "--rm", "--network", "none", "skifftest", "echo", "hello") == "hello"
            ok("docker", "rmi", "--force", "skifftest")
            write_json(place, NO_FIREWALL)
            ok("systemctl", "restart", "docker.service")
            assert ok(*runtime) == "runc"
        finally:
            os.unlink(place)
            ok("systemctl", "stop", "docker.service", "docker.socket", "containerd.service")


COUNT = "n=0; while :; do n=$((n + 1)); echo $n >/tmp/n; sleep 0.1; done"


def need_criu():
    if not shutil.which("criu") or engine("criu", "check").returncode != 0:
        skip("no criu that works on this kernel")


@limit(300)
def test_podman_checkpoint(bundle):
    """In place, by way of a file, in two steps, and with the container going on."""
    need_criu()
    podman = ["podman", "--runtime", bundle.runtime.program]
    ok("podman", "import", "--quiet", archive(bundle), "skifftest")

    def number():
        return int(ok(*podman, "exec", "skiffbox", "cat", "/tmp/n") or 0)

    def goes_on(least):
        assert number() >= least
        wait_until(lambda: number() > least, "counting", 30)
        return number()

    try:
        ok(*podman, "run", "-d", "--name", "skiffbox", "--network", "none", "skifftest", "sh", "-c", COUNT)
        before = goes_on(1)
        ok(*podman, "container", "checkpoint", "skiffbox")
        assert ok("podman", "inspect", "-f", "{{.State.Status}} {{.State.Checkpointed}}", "skiffbox") == "exited true"
        ok(*podman, "container", "restore", "skiffbox")
        before = goes_on(before)
        file = f"{bundle.path}/export.tar"
        ok(*podman, "container", "checkpoint", "--leave-running", "--export", file, "skiffbox")
        goes_on(before)
        ok(*podman, "rm", "--force", "--time", "0", "skiffbox")
        ok(*podman, "container", "restore", "--import", file)
        before = goes_on(before)
        ok(*podman, "container", "checkpoint", "--pre-checkpoint", "--export", f"{bundle.path}/pre.tar", "skiffbox")
        goes_on(before)
        ok(*podman, "container", "checkpoint", "--with-previous", "--export", file, "skiffbox")
        ok(*podman, "rm", "--force", "skiffbox")
        ok(*podman, "container", "restore", "--import-previous", f"{bundle.path}/pre.tar", "--import", file)
        goes_on(before)
    finally:
        engine(*podman, "rm", "--force", "--time", "0", "skiffbox")
        engine("podman", "rmi", "--force", "skifftest")


@limit(300)
def test_docker_checkpoint(bundle):
    need_criu()
    with docker(bundle) as call:
        call("import", archive(bundle), "box")
        call("run", "-d", "--network", "none", "--name", "box", "box", "sh", "-c", COUNT)
        wait_until(lambda: call("exec", "box", "cat", "/tmp/n").isdigit(), "counting", 30)
        before = int(call("exec", "box", "cat", "/tmp/n"))
        call("checkpoint", "create", "box", "saved")
        assert call("inspect", "-f", "{{.State.Status}}", "box") == "exited"
        assert "saved" in call("checkpoint", "ls", "box")
        call("start", "--checkpoint", "saved", "box")
        assert int(call("exec", "box", "cat", "/tmp/n") or 0) >= before
        call("rm", "-f", "box")
