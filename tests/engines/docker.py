"""Docker of Debian: a dockerd of our own with the runtime as its default one, and as the `runc` that BuildKit calls."""

import os

from client import Client, call, shipped, wait_for
from images import PATH
from lib import skip
from work import *  # noqa: F403 (its tests are ours)
from work import full


class Engine(Client):
    packages = ("docker.io", "docker-cli?", "docker-buildx?", "containerd", "iptables", "docker-registry", "iproute2",
                "wget")
    build = ("build", "--no-cache", "-q")
    insecure = ()

    def start(self):
        os.environ["DOCKER_CONFIG"] = self.path("client")
        os.environ["DOCKER_BUILDKIT"] = "0"
        os.makedirs(self.path("bin"))
        os.symlink(self.runtime, self.path("bin/runc"))
        self.command = ["/usr/bin/docker", "-H", "unix:///run/docker.sock"]
        self.run_daemon()
        self.import_image()

    def run_daemon(self, *options):
        command = ["env", f"PATH={self.path('bin')}:{os.environ['PATH']}", "/usr/sbin/dockerd", "--data-root",
                   self.path("data"), "--exec-root", "/run/docker", "--pidfile", "/run/docker.pid",
                   "-H", "unix:///run/docker.sock", "--exec-opt", "native.cgroupdriver=cgroupfs",
                   "--config-file", self.write("daemon.json", shipped("docker/daemon.json", self.runtime)),
                   "--shutdown-timeout", "3"]
        self.start_daemon(command + list(options), lambda: self.call("version").status == 0, "dockerd.log")

    def import_image(self):
        self.ok("import", "-c", 'CMD ["/bin/sh"]', "-c", f"ENV {PATH}", self.images.root, "box")

    def default_runtime(self):
        return self.ok("info", "--format", "{{(index .Runtimes .DefaultRuntime).Path}}")

    def remove(self, name):
        self.call("rm", "-f", name)


def test_build_with_buildkit(engine, name):
    file = engine.write("kit/Dockerfile", "FROM box\nRUN echo x >/new && id -u\nCMD cat /new\n")
    os.environ["DOCKER_BUILDKIT"] = "1"
    try:
        engine.ok("build", "--no-cache", "-t", f"{name}-image", os.path.dirname(file), timeout=120)
        file = engine.write("kit/Dockerfile", "FROM box\nRUN nosuchcommand\n")
        engine.fails(1, "127", "build", "--no-cache", os.path.dirname(file), timeout=120)
    finally:
        os.environ["DOCKER_BUILDKIT"] = "0"
    assert engine.ok("run", "--rm", f"{name}-image") == "x"


def test_memory_limit_is_told(engine, name):
    engine.fails(137, "", "run", "--name", name, "-m", "32m", "--memory-swap", "32m", "box", "tail", "/dev/zero")
    assert engine.ok("inspect", "-f", "{{.State.OOMKilled}}", name) == "true"


def test_health_check(engine, name):
    engine.ok("run", "-d", "--name", name, "--health-cmd", "test -e /tmp/up", "--health-interval", "1s", "box",
              "sh", "-c", "touch /tmp/up; sleep 100")
    wait_for("healthy", lambda: engine.ok("inspect", "-f", "{{.State.Health.Status}}", name) == "healthy")


def test_network_connected_while_running(engine, loop):
    engine.ok("network", "create", "further")
    engine.ok("network", "connect", "further", loop)
    assert "eth1" in engine.ok("exec", loop, "ip", "-o", "link")


def test_privileged(engine):
    bounding = int(call(["grep", "CapBnd", "/proc/self/status"]).out.split()[1], 16)
    if not bounding >> 24 & 1:
        skip("no CAP_SYS_RESOURCE: no runtime can give what Docker asks for")
    assert engine.ok("run", "--rm", "--privileged", "box", "sh", "-c", "mount -t tmpfs t /tmp && echo x") == "x"


@full
def test_life_without_the_daemon(engine, name):
    """--live-restore: the container outlives a killed dockerd, and the next one can work with it."""
    engine.stop()
    engine.run_daemon("--live-restore")
    engine.ok("run", "-d", "--name", name, "box", "sleep", "100")
    engine.daemons[-1].kill()
    engine.daemons.pop().wait()
    os.unlink("/run/docker.pid")
    engine.run_daemon("--live-restore")
    assert engine.ok("exec", name, "echo", "x") == "x"
    engine.ok("rm", "-f", name)


@full
def test_user_namespace(engine, name):
    """--userns-remap, in a daemon of its own."""
    for file in ("/etc/subuid", "/etc/subgid"):
        call(["mount", "--bind", engine.write(os.path.basename(file), "nobody:300000:65536\n"), file])
    engine.stop()
    engine.run_daemon("--userns-remap", "nobody:nogroup")
    try:
        engine.import_image()
        assert engine.ok("run", "--rm", "box", "cat", "/proc/self/uid_map").split() == ["0", "300000", "65536"]
        engine.ok("run", "-d", "--name", name, "-m", "64m", "box", "sleep", "100")
        assert "eth0" in engine.ok("exec", name, "ip", "-o", "link")
        assert engine.terminal("exec", "-it", name, "tty").startswith("/dev/pts/")
        assert engine.ok("run", "--rm", "--userns", "host", "box", "cat", "/proc/self/uid_map").split()[1] == "0"
        engine.ok("rm", "-f", name)
    finally:
        engine.stop()
        engine.run_daemon()
