"""containerd of Debian, driven by its own `ctr`: the shim io.containerd.runc.v2 with the runtime as its binary."""

import os
import re
import shutil

from client import Client, call, on_terminal, shipped, wait_for
from lib import linux

PLACES = """
root = "{folder}/containerd"
state = "/run/containerd-test"
"""
ADDRESS = """
[grpc]
  address = "{socket}"
"""
CRI = {2: """
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{folder}/cni"
""", 3: """
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/pause:1"
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "{folder}/cni"
"""}  # by the version of the file, of which containerd 2 has the 3rd
SOCKET = "/run/containerd-test.sock"


class Engine(Client):
    packages = ("containerd", "iproute2")
    namespace = "test"

    def start(self):
        major = int(re.search(r" v?(\d+)\.", call(["containerd", "--version"]).out)[1])
        version = 3 if major > 1 else 2
        text = PLACES + shipped(f"containerd/config-v{version}.toml", self.runtime) + ADDRESS + CRI[version]
        config = self.write("config.toml", text.format(folder=self.folder, socket=SOCKET))
        self.command = ["ctr", "-a", SOCKET, "-n", self.namespace]
        self.start_daemon(["containerd", "-c", config], lambda: self.call("version").status == 0, "containerd.log")
        self.ok("image", "import", self.images.archive)

    def words(self, name, *options, command):
        return ["run", "--runc-binary", self.runtime, *options, "localhost/box:1", name, *command]

    def run(self, name, *options, command):
        return self.call(*self.words(name, "--rm", *options, command=command))

    def shell(self, name, *options, script):
        """What a script prints in a new container."""
        result = self.run(name, *options, command=("sh", "-c", script))
        assert result.status == 0, result
        return result.out.strip()

    def run_loop(self, name, *options):
        self.ok(*self.words(name, "-d", *options,
                            command=("sh", "-c", "trap 'exit 4' TERM; touch /ready; while :; do sleep .1; done")))
        wait_for("ready", lambda: self.call("task", "exec", "--exec-id", "ready", name, "ls", "/ready").status == 0)
        return name

    def task(self, name):
        """The state of the container's task, as `ctr task ls` has it."""
        lines = [line.split() for line in self.ok("task", "ls").splitlines()]
        return next((line[2] for line in lines if line[0] == name), None)

    def remove(self, name):
        self.call("task", "kill", "-s", "KILL", name)
        wait_for("the end", lambda: self.task(name) in (None, "STOPPED"))
        self.call("task", "rm", name)
        self.call("container", "rm", name)


def test_run(engine, name):
    assert engine.shell(name, script="echo hi") == "hi"


def test_exit_status(engine, name):
    assert engine.run(name, command=("sh", "-c", "exit 7")).status == 7


def test_command_not_found(engine, name):
    result = engine.run(name, command=("nosuchcommand",))
    assert result.status == 1 and "executable file not found" in result.err, result


def test_terminal(engine, name):
    result = on_terminal([*engine.command, *engine.words(name, "--rm", "-t", command=("tty",))])
    assert result.status == 0 and "/dev/pts/0" in result.out, result


def test_environment_directory_and_mount(engine, name):
    folder = os.path.dirname(engine.write("shared/file", "text"))
    options = ("--env", "K=v", "--cwd", "/tmp", "--mount", f"type=bind,src={folder},dst=/v,options=rbind:ro")
    out = engine.shell(name, *options, script="echo $K $(pwd) $(cat /v/file); touch /v/x || echo refused")
    assert out.splitlines() == ["v /tmp text", "refused"], out


def test_network_of_the_host(engine, name):
    out = engine.shell(name, "--net-host", script="readlink /proc/self/ns/net")
    assert out == os.readlink("/proc/self/ns/net")


def test_seccomp(engine, name):
    assert engine.shell(name, "--seccomp", script="grep Seccomp: /proc/self/status").split()[1] == "2"


def test_read_only_root(engine, name):
    result = engine.run(name, "--read-only", command=("touch", "/x"))
    assert result.status == 1 and "ead-only" in result.err, result


def test_user_namespace(engine, name):
    options = ("--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536")
    assert engine.shell(name, *options, script="cat /proc/self/uid_map").split() == ["0", "100000", "65536"]


def test_namespace_of_another(engine, name, loop):
    pid = next(line.split()[1] for line in engine.ok("task", "ls").splitlines() if line.startswith(loop))
    out = engine.shell(f"{name}b", "--with-ns", f"network:/proc/{pid}/ns/net", script="readlink /proc/self/ns/net")
    assert out == os.readlink(f"/proc/{pid}/ns/net")


def test_cgroup_and_limits(engine, name):
    options = ("--cgroup", "/mine/one", "--memory-limit", "67108864", "--cpu-quota", "50000", "--cpu-period", "100000")
    mount = "type=bind,src=/sys/fs/cgroup,dst=/cgroup,options=rbind:ro"
    script = "cat /proc/self/cgroup /cgroup/memory/mine/one/memory.limit_in_bytes"
    out = engine.shell(name, *options, "--mount", mount, script=script)
    assert "memory:/mine/one" in out and out.endswith("67108864"), out


def test_memory_limit_is_felt(engine, name):
    assert engine.run(name, "--memory-limit", "20000000", command=("tail", "/dev/zero")).status == 137


def test_exec(engine, loop):
    command = ("task", "exec", "--exec-id")
    assert engine.ok(*command, "a", loop, "echo", "x") == "x"
    engine.fails(5, "", *command, "b", loop, "sh", "-c", "exit 5")
    engine.fails(1, "executable file not found", *command, "c", loop, "nosuchcommand")
    assert engine.ok(*command, "d", loop, "cat", stdin="text") == "text"
    assert engine.ok(*command, "e", "--user", "mail", "--cwd", "/tmp", loop, "sh", "-c", "id -u; pwd") == "8\n/tmp"
    # ctr ends with the program, and sometimes before it has copied the terminal's last output.
    assert "/dev/pts/" in engine.terminal(*command, "f", "-t", loop, "sh", "-c", "tty; sleep 0.3")


def test_ps_and_metrics(engine, loop):
    assert len(engine.ok("task", "ps", loop).splitlines()) >= 2
    wait_for("metrics", lambda: "pids" in engine.call("task", "metrics", loop).out)  # the shim answers [] at first


def test_pause_and_resume(engine, loop):
    engine.ok("task", "pause", loop)
    assert engine.task(loop) == "PAUSED"
    engine.ok("task", "resume", loop)
    assert engine.task(loop) == "RUNNING"


def test_kill_with_a_signal(engine, loop):
    engine.ok("task", "kill", "-s", "TERM", loop)
    wait_for("stopped", lambda: engine.task(loop) == "STOPPED")
    result = engine.call("task", "rm", loop)
    assert "exit 4" in result.out + result.err or "code 4" in result.out + result.err or result.status == 4, result


def test_many_at_once(engine, name):
    names = [f"{name}{number}" for number in range(4)]
    for one in names:
        engine.run_loop(one)
    assert [engine.task(one) for one in names] == ["RUNNING"] * 4
    for one in names:
        engine.remove(one)


def test_state_root(engine, name):
    assert engine.shell(name, "--runc-root", "/run/other-root", script="echo x") == "x"
    assert call(["ls", f"/run/other-root/test/{name}"]).status != 0


def test_in_place_of_runc(engine, name):
    """Who says nothing about runtimes gets the `runc` of the PATH, which may be the runtime under another name."""
    place = shutil.which("runc", path="/usr/sbin:/usr/bin")
    linux.bind(engine.runtime, place)
    try:
        assert engine.ok("run", "--rm", "localhost/box:1", name, "echo", "x") == "x"
        engine.ok("run", "-d", "localhost/box:1", f"{name}b", "sleep", "100")
        assert engine.ok("task", "exec", "--exec-id", "a", f"{name}b", "echo", "x") == "x"
        engine.remove(f"{name}b")
    finally:
        linux.unmount(place)
