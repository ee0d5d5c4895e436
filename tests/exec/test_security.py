"""Rights of an exec'ed process, and what a container can see of the runtime while it joins."""

import json
import os
import struct
import fcntl
import subprocess

from lib import each, linux, skip
from lib.container import wait_until
from lib.execs import exec_json, exec_out
from lib.seccomp import profile, rule
from lib.sockets import Listener

RECEIVE, SEND = 0xc0502100, 0xc0182101


@each(True, False)
def test_seccomp(bundle, no_new_privileges):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO", errnoRet=77))
    bundle.process["noNewPrivileges"] = no_new_privileges
    container = bundle.start()
    assert exec_out(container, "/bin/call", "getpgid", "0") == "-77"
    assert exec_json(container)["status"]["Seccomp"] == "2"


def test_seccomp_notify(bundle, folder):
    agent = Listener(folder / "agent")
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"), listenerPath=agent.path,
                                      listenerMetadata="text")
    container = bundle.start()
    _, (first,) = agent.receive()
    os.close(first)
    with open(folder / "out", "w", encoding="ascii") as out:
        process = bundle.runtime.popen("exec", container.id, "/bin/call", "getpgid", "7", stdout=out)
        text, (fd,) = agent.receive()
        request = bytearray(80)
        fcntl.ioctl(fd, RECEIVE, request)
        fcntl.ioctl(fd, SEND, bytearray(struct.pack("QqiI", struct.unpack_from("Q", request)[0], 33, 0, 0)))
        assert process.wait(10) == 0
        os.close(fd)
    assert (folder / "out").read_text() == "33\n"
    state = json.loads(text)
    assert state["pid"] != container.pid and state["state"]["pid"] == container.pid
    assert state["state"]["status"] == "running" and state["metadata"] == "text"


def test_labels_where_there_are_none(bundle):
    container = bundle.start()
    if linux.read_text("/sys/module/apparmor/parameters/enabled", "N") != "Y":
        bundle.runtime.fails("apparmor", "exec", "--apparmor", "x", container.id, "true", status=255)
    if not os.path.exists("/sys/fs/selinux/enforce"):
        bundle.runtime.fails("selinux label is specified in config, but selinux is disabled or not supported", "exec",
                             "--process-label", "a:b:c:s0", container.id, "true", status=255)


def spy(bundle, container):
    """What a process in the container can see of others while `exec` is called many times."""
    with open(os.path.join(bundle.path, "spy"), "w+", encoding="utf-8") as out:
        process = bundle.runtime.popen("exec", container.id, "/bin/spy", "1500", stdout=out)
        wait_until(lambda: "ready" in linux.read_text(out.name))
        while process.poll() is None:
            bundle.runtime.ok("exec", container.id, "/bin/true")
        return linux.read_text(out.name).splitlines()[1:]


def check(seen, runtime):
    """No file and no directory of the host, and not its root, which the spy marks."""
    program = os.path.realpath(runtime.program)
    for line in seen:
        what, target = line.split(" ", 1)
        assert target != program, line
        if what in ("cwd", "root"):
            assert target == "/", line
        if what == "fd":
            stdio = (f"{os.path.dirname(runtime.root)}/bundle", "/tmp/#", "/dev/null", "/dev/pts")  # given by the test
            inside = ("/memfd:stub", "/memfd:plan", "/etc/passwd")
            assert target == "/" or not target.startswith("/") or target.startswith(stdio + inside), line


def test_nothing_of_the_host_is_seen(bundle):
    container = bundle.start()
    check(spy(bundle, container), bundle.runtime)


def test_nothing_of_the_host_is_seen_with_ptrace(bundle):
    """The capability lets a process look into ours: it must have nothing. CVE-2019-5736, CVE-2016-9962."""
    bundle.add_capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")
    container = bundle.start()
    seen = spy(bundle, container)
    check(seen, bundle.runtime)
    assert any("memfd:" in line for line in seen), f"the look was too slow to see anything: {seen}"


def test_nothing_of_the_host_is_seen_after_an_exec_with_ptrace(bundle):
    """The configuration does not have the capability, a process of an earlier exec has."""
    container = bundle.start()
    names = ("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")
    flags = [f"--cap={name}" for name in names]
    with open(os.path.join(bundle.path, "spy"), "w+", encoding="utf-8") as out:
        process = bundle.runtime.popen("exec", *flags, container.id, "/bin/spy", "1500", stdout=out)
        wait_until(lambda: "ready" in linux.read_text(out.name))
        while process.poll() is None:
            bundle.runtime.ok("exec", container.id, "/bin/true")
        check(linux.read_text(out.name).splitlines()[1:], bundle.runtime)


def test_nothing_of_the_host_is_seen_once_init_has_left(bundle):
    """Init goes to a user namespace of its own making; another process stays, with the capability over the host's."""
    bundle.add_capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_SETFCAP")
    os.symlink("busybox", os.path.join(bundle.rootfs, "bin/unshare"))
    leave = "until test -e /tmp/go; do sleep 0.01; done; exec unshare -U -r sleep 100"
    container = bundle.start("/bin/sh", "-c", leave)
    own = os.readlink("/proc/self/ns/user")
    with open(os.path.join(bundle.path, "spy"), "w+", encoding="utf-8") as out:
        process = bundle.runtime.popen("exec", container.id, "/bin/spy", "1500", stdout=out)
        wait_until(lambda: "ready" in linux.read_text(out.name))
        bundle.file("/tmp/go")
        wait_until(lambda: os.readlink(f"/proc/{container.pid}/ns/user") != own)
        wait_until(lambda: linux.read_text(f"/proc/{container.pid}/uid_map") != "")
        while process.poll() is None:
            bundle.runtime.ok("exec", container.id, "/bin/true")
        seen = linux.read_text(out.name).splitlines()[1:]
    assert any("memfd:" in line for line in seen), f"the look was too slow to see anything: {seen}"
    own_maps = "fd /proc/1/"  # which unshare writes
    check([line for line in seen if not line.startswith(own_maps)], bundle.runtime)


def test_runtime_is_not_seen_by_a_neighbour_of_the_container(bundle, make_bundle):
    """`exec` in a container without the capability, whose pid namespace another one has joined that holds it."""
    container = bundle.start()
    other = make_bundle()
    other.set_namespace("pid", f"/proc/{container.pid}/ns/pid")
    other.add_capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")
    neighbour = other.start()
    with open(os.path.join(bundle.path, "spy"), "w+", encoding="utf-8") as out:
        process = bundle.runtime.popen("exec", neighbour.id, "/bin/spy", "1500", stdout=out)
        wait_until(lambda: "ready" in linux.read_text(out.name))
        while process.poll() is None:
            bundle.runtime.ok("exec", container.id, "/bin/true")
        seen = linux.read_text(out.name).splitlines()[1:]
    assert any("memfd:" in line for line in seen), f"the look was too slow to see anything: {seen}"
    check([line for line in seen if line.startswith("exe ")], bundle.runtime)


def test_runtime_is_not_seen_by_a_neighbour(bundle, make_bundle):
    """`create` in the pid namespace of a container that holds the capability."""
    bundle.add_capabilities("CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")
    sandbox = bundle.start()
    other = make_bundle()
    other.set_namespace("pid", f"/proc/{sandbox.pid}/ns/pid")
    other.process["args"] = ["/bin/true"]
    other.write()
    with open(os.path.join(bundle.path, "spy"), "w+", encoding="utf-8") as out:
        process = bundle.runtime.popen("exec", sandbox.id, "/bin/spy", "1500", stdout=out)
        wait_until(lambda: "ready" in linux.read_text(out.name))
        while process.poll() is None:
            bundle.runtime.ok("run", "--bundle", os.path.basename(other.path), other.new_id(),
                              cwd=os.path.dirname(other.path))
        seen = linux.read_text(out.name)
    assert "exe /memfd:skiff" in seen, "the look was too slow to see anything"
    assert os.path.realpath(bundle.runtime.program) not in seen


@each(1, 2)
def test_memfds_that_cannot_be_executed(bundle, value):
    """vm.memfd_noexec: the last stage, and the runtime's copy of itself, find another place."""
    bundle.add_capabilities("CAP_SYS_PTRACE")
    bundle.process["args"] = ["sleep", "1000"]
    bundle.write()
    call = " ".join([bundle.runtime.program, *bundle.runtime.flags])
    name = bundle.new_id()
    script = f"""echo {value} >/proc/sys/vm/memfd_noexec || exit 77
        {call} run --detach --bundle {bundle.path} {name} </dev/null >/dev/null 2>&1 || exit 1
        {call} --debug exec {name} cat /proc/self/cmdline; status=$?
        {call} delete --force {name}
        exit $status"""
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", script], capture_output=True,
                          text=True, check=False)
    if done.returncode == 77:
        skip("a kernel before 6.3")
    assert done.returncode == 0 and done.stdout == "cat\0/proc/self/cmdline\0", done
    assert "using a sealed copy of /proc/self/exe" in done.stderr


def test_runtime_as_the_program(bundle):
    """/proc/self/exe as what is to be run: never the runtime's file. CVE-2019-5736."""
    bundle.file("/script", "#!/proc/self/exe\n", 0o755)
    container = bundle.start()
    for program in ("/proc/self/exe", "/script"):
        result = bundle.runtime.call("exec", container.id, program, "--version")
        assert "spec: " not in result.out, "that was the runtime"
    assert exec_json(container)["exe"] == "/bin/report"


def test_directory_is_a_descriptor(bundle):
    """CVE-2024-21626."""
    container = bundle.start()
    for number in range(3, 12):
        result = bundle.runtime.call("exec", "--cwd", f"/proc/self/fd/{number}", container.id, "/bin/pwd")
        assert result.status != 0 and "/" not in result.out, result
