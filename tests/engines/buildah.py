"""Buildah of Debian: RUN steps and single commands in working containers."""

import os
import resource

from client import Client

CONFIG = """
[engine]
cgroup_manager = "cgroupfs"
[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
"""


class Engine(Client):
    packages = ("buildah", "netavark", "aardvark-dns", "iptables", "nftables", "iproute2")

    def start(self):
        limit = {name: resource.getrlimit(kind)[1] for name, kind in
                 (("files", resource.RLIMIT_NOFILE), ("processes", resource.RLIMIT_NPROC))}
        os.environ["CONTAINERS_CONF"] = self.write("containers.conf", CONFIG.format(**limit))
        os.environ["BUILDAH_RUNTIME"] = self.runtime
        os.environ["BUILDAH_ISOLATION"] = "oci"
        self.command = ["buildah", "--root", self.path("storage"), "--runroot", "/run/buildah-test"]
        self.container = self.ok("from", f"docker-archive:{self.images.archive}")

    def remove(self, name):
        """A test's container is the one working container: nothing to remove."""

    def build(self, text, *options):
        file = self.write("build/Containerfile", text)
        return self.call("bud", "--runtime", self.runtime, *options, "-f", file, os.path.dirname(file), timeout=90)


def run(engine, *words):
    return engine.ok("run", *words[:-1], engine.container, "--", "sh", "-c", words[-1])


def test_run(engine):
    assert run(engine, "echo hi") == "hi"


def test_exit_status(engine):
    engine.fails(7, "", "run", engine.container, "--", "sh", "-c", "exit 7")


def test_command_not_found(engine):
    result = engine.call("run", engine.container, "--", "/no/such")
    assert result.status != 0 and "no such file" in result.out + result.err, result


def test_stdin(engine):
    assert engine.ok("run", engine.container, "--", "cat", stdin="text") == "text"


def test_terminal(engine):
    assert "/dev/" in engine.terminal("run", "-t", engine.container, "--", "tty")


def test_environment_user_and_directory(engine):
    out = run(engine, "--user", "mail", "--workingdir", "/tmp", "--env", "K=v", "echo $(id -u) $(pwd) $K")
    assert out == "8 /tmp v"


def test_capabilities_and_seccomp(engine):
    out = run(engine, "--cap-drop", "all", "grep -e CapEff -e Seccomp: /proc/self/status")
    assert out.split() == ["CapEff:", "0000000000000000", "Seccomp:", "2"], out


def test_host_folder_and_tmpfs(engine):
    folder = os.path.dirname(engine.write("shared/file", "text"))
    assert run(engine, "-v", f"{folder}:/v:ro", "cat /v/file; touch /v/x || true") == "text"
    assert "tmpfs" in run(engine, "--mount", "type=tmpfs,dst=/t", "grep ' /t ' /proc/mounts")


def test_networks(engine):
    assert "eth0" in run(engine, "ip -o link")
    assert run(engine, "--network", "none", "ip -o link | wc -l") == "1"
    assert run(engine, "--network", "host", "readlink /proc/self/ns/net") == os.readlink("/proc/self/ns/net")


def test_hostname_and_runtime_flag(engine):
    assert run(engine, "--hostname", "fred", "--runtime-flag", "root=/run/other-root", "hostname") == "fred"


def test_changes_stay(engine):
    run(engine, "echo x >/new")
    assert run(engine, "cat /new") == "x"


def test_isolation_rootless_as_root(engine):
    assert run(engine, "--isolation", "rootless", "--network", "host", "echo x") == "x"


def test_commit(engine):
    run(engine, "echo x >/committed")
    engine.ok("commit", engine.container, "committed")
    other = engine.ok("from", "localhost/committed")
    assert engine.ok("run", other, "--", "cat", "/committed") == "x"
    engine.ok("rm", other)


def test_build(engine):
    result = engine.build(f"FROM docker-archive:{engine.images.archive}\nRUN echo one >/1\n"
                          'RUN ["/bin/sh", "-c", "cat /1 >/2"]\nUSER 8:12\nWORKDIR /tmp\nRUN id -u >user\n',
                          "-t", "built")
    assert result.status == 0, result
    other = engine.ok("from", "localhost/built")
    assert engine.ok("run", other, "--", "cat", "/2", "/tmp/user").split() == ["one", "8"]
    engine.ok("rm", other)


def test_build_from_scratch_in_a_user_namespace(engine):
    call = ("--userns-uid-map", "0:100000:5000", "--userns-gid-map", "0:100000:5000", "--no-cache", "-t", "scratched")
    os.makedirs(engine.path("build"), exist_ok=True)
    os.link(engine.images.root, engine.path("build/root.tar"))
    result = engine.build("FROM scratch\nADD root.tar /\nRUN cat /proc/self/uid_map\n", *call)
    assert result.status == 0 and "100000" in result.out, result


def test_build_with_a_failing_step(engine):
    result = engine.build(f"FROM docker-archive:{engine.images.archive}\nRUN exit 9\n")
    assert result.status != 0 and "exit status 9" in result.out + result.err, result
