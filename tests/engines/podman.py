"""Podman of Debian, as root."""

import contextlib
import os
import resource
import shutil

from client import Client, call, shipped, wait_for
from images import PATH
from lib import linux, skip
from work import *  # noqa: F403 (its tests are ours)
from work import full, shell

CONFIG = """
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
[containers]
log_driver = "k8s-file"
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
"""


class Engine(Client):
    packages = ("podman", "conmon", "netavark", "aardvark-dns", "catatonit", "iptables", "nftables", "buildah",
                "docker-registry", "iproute2", "wget")
    insecure = ("--tls-verify=false",)

    def start(self):
        limit = {name: resource.getrlimit(kind)[1] for name, kind in
                 (("files", resource.RLIMIT_NOFILE), ("processes", resource.RLIMIT_NPROC))}
        # /etc/containers as only this machine sees it: what Debian has there, and a user's drop-in.
        shutil.copytree("/etc/containers", self.path("etc"))
        self.write("etc/containers.conf", CONFIG.format(folder=self.folder, **limit))
        self.write("etc/containers.conf.d/skiff.conf", shipped("podman/skiff.conf", self.runtime))
        linux.bind(self.path("etc"), "/etc/containers")
        os.environ["PODMAN_IGNORE_CGROUPSV1_WARNING"] = "1"
        self.build = ("build", "--runtime", self.runtime, "--no-cache", "-q")
        self.command = ["podman", "--root", self.path("storage"), "--runroot", "/run/podman-test"]
        self.ok("import", "-c", 'CMD ["/bin/sh"]',
                "-c", f"ENV {PATH}", self.images.root, "box")

    def default_runtime(self):
        return self.ok("info", "--format", "{{.Host.OCIRuntime.Path}}")

    def remove(self, name):
        self.call("rm", "-f", "-t", "0", name)


def test_init_state(engine, name):
    engine.ok("create", "--name", name, "box", "sh", "-c", "exit 3")
    engine.ok("init", name)
    engine.ok("start", name)
    assert engine.ok("wait", name) == "3"


def test_health_check(engine, name):
    engine.ok("run", "-d", "--name", name, "--healthcheck-command", "CMD-SHELL test -e /tmp/up",
              "--healthcheck-interval", "disable", "box", "sh", "-c", "touch /tmp/up; sleep 100")
    wait_for("healthy", lambda: engine.call("healthcheck", "run", name).status == 0)


def test_user_namespace(engine):
    folder = os.path.dirname(engine.write("shared/file", "x"))
    options = ("--uidmap", "0:200000:5000", "--gidmap", "0:200000:5000", "-v", f"{folder}:/v:ro")
    out = shell(engine, *options, script="cat /proc/self/uid_map; ls /v >/dev/null")
    assert out.split() == ["0", "200000", "5000"]


@contextlib.contextmanager
def pod_with_a_server(engine, name):
    """A pod in which another container reaches the server of the first."""
    engine.ok("pod", "create", "--name", name, "--infra-image", "box", "--infra-command", "sleep 1000")
    try:
        engine.ok("run", "-d", "--pod", name, "box", "httpd", "-f", "-p", "81", "-h", "/etc")
        probe = "for i in 1 2 3 4 5; do wget -q -O - http://127.0.0.1:81/passwd && break; sleep .3; done"
        assert "root:" in shell(engine, "--pod", name, script=probe)
        yield
    finally:
        engine.ok("pod", "rm", "-f", "-t", "0", name)


def test_pod(engine, name):
    with pod_with_a_server(engine, name):
        engine.ok("pod", "pause", name)
        engine.ok("pod", "unpause", name)
        engine.ok("pod", "stats", "--no-stream", name)


def test_privileged(engine):
    assert shell(engine, "--privileged", script="mount -t tmpfs t /tmp && echo x") == "x"


def test_image_as_a_mount(engine):
    assert "root:" in shell(engine, "--mount", "type=image,src=box,dst=/img", script="cat /img/etc/passwd")


def test_without_cgroups(engine):
    if os.path.basename(engine.runtime) == "runc":
        skip("only crun and Skiff have --cgroup-manager")
    assert shell(engine, "--cgroups=disabled", script="echo x") == "x"


@full
def test_play_kube(engine, name):
    file = engine.write("pod.yml", f"apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  containers:\n"
                        "  - name: a\n    image: localhost/box:latest\n    imagePullPolicy: Never\n"
                        "    command: [sleep, \"100\"]\n")
    engine.ok("play", "kube", file)
    assert engine.ok("exec", f"{name}-a", "echo", "x") == "x"
    engine.ok("pod", "rm", "-f", "-t", "0", name)


@full
def test_descriptors(engine):
    file = engine.write("descriptor", "text")
    command = f"{' '.join(engine.command)} run --rm --preserve-fds 1 box sh -c 'cat <&3' 3<{file}"
    assert call(["sh", "-c", command]).out == "text"


@full
def test_hooks(engine):
    hook = '{"version": "1.0.0", "hook": {"path": "/bin/sh", "args": ["sh", "-c", "cat >>%s"]},' \
           ' "when": {"always": true}, "stages": ["prestart", "poststop"]}' % engine.path("hooked")
    folder = os.path.dirname(engine.write("hooks/hook.json", hook))
    engine.ok("--hooks-dir", folder, "run", "--rm", "box", "true")
    text = linux.read_text(engine.path("hooked"))
    assert '"pid"' in text and "stopped" in text, text


@full
def test_service(engine):
    """The REST service, and a client that knows only its socket."""
    address = f"unix://{engine.path('service.sock')}"
    remote = ["podman", "--remote", "--url", address]
    engine.start_daemon([*engine.command, "system", "service", "-t", "0", address],
                        lambda: call([*remote, "version"]).status == 0, "service.log")
    assert call([*remote, "run", "--rm", "box", "echo", "x"]).out == "x\n"
