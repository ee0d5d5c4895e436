"""A container is dumped, is gone, and goes on: seen from inside."""

import json
import os
import signal
import socket

from lib import cgroup, criu, each, limit, linux, skip, terminal
from lib.container import wait_until
from lib.criu import PATH, Restored, again, dump

# Counts in a file of a tmpfs, with a second one open that has no name there any more.
COUNT = """exec 7>/count/log; n=0
trap 'exit 7' TERM
while :; do n=$((n + 1)); echo $n >/count/n; echo $n >&7; sleep 0.02; done"""


def start_counter(bundle, *args, **options):
    bundle.add_mount("/count", kind="tmpfs")
    container = criu.start(bundle, *(args or ("/bin/sh", "-c", COUNT)), **options)
    wait_until(lambda: number(container) > 2, "counting")
    return container


def inside(container, *args):
    return container.runtime.ok("exec", container.id, *args).rstrip("\n")


def number(container):
    text = container.runtime.call("exec", container.id, "/bin/cat", "/count/n").out.strip()
    return int(text) if text else 0


def test_it_goes_on(bundle, folder):
    container = start_counter(bundle)
    pid = int(inside(container, "/bin/sh", "-c", "readlink /proc/1/fd/7 >/count/link; echo $PPID"))
    before = number(container)
    container = again(container, bundle, folder / "images")
    after = number(container)
    assert before < after < before + 200, "it has neither begun anew nor run meanwhile"
    wait_until(lambda: number(container) > after, "counting again")
    assert inside(container, "/bin/readlink", "/proc/1/fd/7") == inside(container, "/bin/cat", "/count/link")
    assert int(inside(container, "/bin/sh", "-c", "wc -l </count/log")) >= before, "the open file goes on, too"
    assert pid == 0
    container.kill("TERM")
    assert container.reap() == 7, "the trap is still set"


def test_files_of_the_state(bundle, folder):
    container = start_counter(bundle)
    container = again(container, bundle, folder / "images", "--pid-file", folder / "pid")
    assert (folder / "pid").read_text() == str(container.pid)
    assert container.runtime.ok("list", "-q").split() == [container.id]
    state = container.state()
    assert (state["bundle"], state["rootfs"]) == (bundle.path, bundle.rootfs)
    assert json.loads((folder / "images/descriptors.json").read_text())[0] == "/dev/null"
    for command in (["pause"], ["resume"], ["ps"], ["kill", container.id, "KILL"]):
        container.runtime.ok(*(command if len(command) > 1 else [*command, container.id]))
    container.reap()
    container.delete()


def test_twice_and_under_another_name(bundle, folder):
    container = start_counter(bundle)
    container = again(container, bundle, folder / "first")
    at_first = number(container)
    dump(container, folder / "second")
    container.reap()
    one = Restored(bundle, folder / "second", container_id="skiff-test-other")
    assert number(one) >= at_first
    assert bundle.runtime.ids() == ["skiff-test-other"]


def test_leave_running(bundle, folder):
    container = start_counter(bundle)
    dump(container, folder / "images", "--leave-running")
    assert container.status == "running"
    before = number(container)
    wait_until(lambda: number(container) > before, "counting on")
    container.delete("--force")
    container.reap()
    restored = Restored(bundle, folder / "images")
    assert number(restored) < number(restored) + 1 and restored.pid != container.pid


def test_paused(bundle, folder):
    container = start_counter(bundle)
    container.runtime.ok("pause", container.id)
    dump(container, folder / "images", "--leave-running")
    assert container.status == "paused"
    container.runtime.ok("resume", container.id)


def test_pre_dump(bundle, folder):
    container = start_counter(bundle)
    dump(container, folder / "pre", "--pre-dump")
    assert container.status == "running"
    dump(container, folder / "images", "--parent-path", "../pre")
    assert (folder / "images/parent").resolve() == (folder / "pre").resolve()
    container.reap()
    wait_until(lambda restored=Restored(bundle, folder / "images"): number(restored) > 2, "counting")


def test_pipes(bundle, folder):
    (input_read, input_write), (output_read, output_write) = os.pipe(), os.pipe()
    streams = {"stdin": input_read, "stdout": output_write, "stderr": output_write}
    container = bundle.start("/bin/sh", "-c", "echo ready; while read line; do echo got $line; done", **streams)
    terminal.read_until(output_read, "ready")
    dump(container, folder / "images")
    container.reap()
    names = json.loads((folder / "images/descriptors.json").read_text())
    assert names == [f"pipe:[{os.fstat(fd).st_ino}]" for fd in (input_read, output_write, output_write)]
    for fd in (input_read, input_write, output_read, output_write):
        os.close(fd)
    # Other pipes than before: an engine makes new ones.
    (input_read, input_write), (output_read, output_write) = os.pipe(), os.pipe()
    streams = {"stdin": input_read, "stdout": output_write, "stderr": output_write}
    restored = Restored(bundle, folder / "images", container_id=container.id, **streams)
    os.close(input_read)
    os.close(output_write)
    os.write(input_write, b"hello\n")
    assert terminal.read_until(output_read, "hello") == "got hello\n"
    dump(restored, folder / "again", "--leave-running")
    assert json.loads((folder / "again/descriptors.json").read_text())[0] != names[0]
    os.close(input_write)
    assert restored.reap() == 0


def test_terminal(bundle, folder):
    bundle.process["terminal"] = True
    console = terminal.Console(folder / "console")
    container = bundle.start("/bin/sh", "-c", "stty size; while read line; do echo got $line; done",
                             flags=["--console-socket", console.path])
    master = console.receive()
    terminal.set_size(master.fd, 33, 77)
    dump(container, folder / "images")
    container.reap()
    os.close(master.fd)
    other = terminal.Console(folder / "other")
    restored = Restored(bundle, folder / "images", "--console-socket", other.path)
    master = other.receive()
    os.write(master.fd, b"hello\n")
    assert "got hello" in terminal.read_until(master.fd, "got hello")
    assert inside(restored, "/bin/readlink", "/proc/1/fd/0") == "/dev/pts/0"


def test_foreground(bundle, folder):
    container = start_counter(bundle)
    dump(container, folder / "images")
    container.reap()
    with open(os.devnull, encoding="ascii") as null, open(folder / "err", "w", encoding="ascii") as err:
        process = bundle.runtime.popen("restore", "--bundle", bundle.path, "--image-path", folder / "images", container.id,
                                       env=PATH, stdin=null, stdout=err, stderr=err)
    wait_until(lambda: bundle.runtime.call("state", container.id).status == 0, "restored")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 7, (folder / "err").read_text()
    assert bundle.runtime.ids() == []


def test_bind_mounts(bundle, folder):
    (folder / "outer").mkdir()
    (folder / "inner").mkdir()
    (folder / "inner/file").write_text("of inner")
    (folder / "name").write_text("a file")
    bundle.file("real/place/.keep")
    os.symlink("/real/place", os.path.join(bundle.rootfs, "link"))
    bundle.add_mount("/outer", folder / "outer", options=["rbind"])
    bundle.add_mount("/outer/for/inner", folder / "inner", options=["bind", "ro"])
    bundle.add_mount("/link", folder / "inner", options=["bind"])
    bundle.add_mount("/etc/name", folder / "name", options=["bind"])
    os.mkdir(os.path.join(bundle.path, "own"))
    bundle.add_mount("/own", "own/.", options=["bind"])
    container = start_counter(bundle)
    before = [(point.target, point.options) for point in container.mounts()]
    dump(container, folder / "images")
    container.reap()
    os.rmdir(folder / "outer/for/inner")  # the mountpoints are made again
    os.unlink(os.path.join(bundle.rootfs, "etc/name"))
    container = Restored(bundle, folder / "images")
    assert inside(container, "/bin/cat", "/outer/for/inner/file", "/etc/name", "/real/place/file") == "of innera fileof inner"
    assert sorted(target for target, _ in before) == sorted(point.target for point in container.mounts())
    assert not [point for point in linux.mounts() if "criu-root" in point.target or bundle.rootfs in point.target]


def test_hostile_root(bundle, folder):
    """A root that was changed meanwhile leads no mountpoint out of it."""
    (folder / "source").mkdir()
    bundle.add_mount("/a/b", folder / "source", options=["bind"])
    container = start_counter(bundle)
    dump(container, folder / "images")
    container.reap()
    os.rmdir(os.path.join(bundle.rootfs, "a/b"))
    os.rmdir(os.path.join(bundle.rootfs, "a"))
    (folder / "outside").mkdir()
    os.symlink(f"../../../../../../../../..{folder}/outside", os.path.join(bundle.rootfs, "a"))
    bundle.runtime.call("restore", "--detach", "--bundle", bundle.path, "--image-path", folder / "images", "skiff-test-x", env=PATH)
    assert os.listdir(folder / "outside") == []


def test_user_namespace(bundle, folder):
    bundle.map_users()
    container = start_counter(bundle)
    container = again(container, bundle, folder / "images")
    assert not os.stat(folder / "images").st_mode & 0o007, "memory is nobody else's business"
    before = number(container)
    wait_until(lambda: number(container) > before, "counting")
    assert linux.status_field("Uid", container.pid).split()[0] == "100000"


def test_processes_and_tcp(bundle, folder):
    # In a network that stays: a new one has no interfaces before an engine makes them.
    bundle.add_capabilities("CAP_NET_ADMIN")
    holder = criu.start(bundle, "/bin/sh", "-c", "ip link set lo up; while :; do sleep 1; done")
    bundle.set_namespace("network", f"/proc/{holder.pid}/ns/net")
    script = ("nc -l -p 99 -e cat & sleep 0.2; mkfifo /count/in; nc 127.0.0.1 99 </count/in >/count/out & "
              "exec 8>/count/in; echo one >&8; " + COUNT)
    container = start_counter(bundle, "/bin/sh", "-c", script)
    wait_until(lambda: inside(container, "/bin/cat", "/count/out") == "one", "the answer")
    refused = bundle.runtime.call("checkpoint", "--image-path", folder / "refused", container.id, env=PATH)
    assert refused.status == 1 and "criu failed: type " in refused.error and "onnected TCP socket" in refused.error, refused
    assert container.status == "running"
    dump(container, folder / "images", "--tcp-established")
    container.reap()
    container = Restored(bundle, folder / "images", "--tcp-established")
    inside(container, "/bin/sh", "-c", "echo two >/proc/1/fd/8")
    wait_until(lambda: inside(container, "/bin/cat", "/count/out") == "one\ntwo", "another answer")
    container.delete("--force")


@each("network", "pid", "ipc")
def test_joined_namespace(bundle, folder, kind):
    holder = criu.start(bundle)
    path = f"/proc/{holder.pid}/ns/{'net' if kind == 'network' else kind}"
    bundle.set_namespace(kind, path)
    container = start_counter(bundle)
    dump(container, folder / "images")
    container.reap()
    container = Restored(bundle, folder / "images")
    assert container.namespace(kind) == holder.namespace(kind)
    before = number(container)
    wait_until(lambda: number(container) > before, "counting")
    container.delete("--force")
    container.reap()


def test_limits(bundle, folder):
    bundle.linux["resources"] |= {"memory": {"limit": 64 << 20}, "pids": {"limit": 33}}
    bundle.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}/first"
    container = start_counter(bundle)
    place = container.cgroup("pids")
    dump(container, folder / "images", "--manage-cgroups-mode", "ignore")
    container.reap()
    assert not os.path.exists(place)
    bundle.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}/second"
    bundle.write()
    container = Restored(bundle, folder / "images", "--manage-cgroups-mode", "ignore")
    assert container.cgroup("pids").endswith("/second") and not os.path.exists(place)
    assert container.limit("pids", "pids.max", "pids.max") == "33"
    assert container.limit("memory", "memory.limit_in_bytes", "memory.max") == str(64 << 20)
    assert number(container) > 2
    container.delete("--force")
    container.reap()
    for parent in cgroup.find(os.environ["SKIFF_TEST_ID"]):
        cgroup.remove(parent)


@each("hybrid", "v1", "v2")
def test_layouts(view, bundle, folder, layout):
    """Each view of the hierarchies, with and without a namespace of cgroups: the same place, and the same mounts."""
    view(layout)
    look = "cd /sys/fs/cgroup; echo " + ("cgroup.*" if layout == "v2" else "* */cgroup.procs")
    for namespace in (True, False):
        if not namespace:
            bundle.drop_namespace("cgroup")
        container = start_counter(bundle)
        before = linux.read_text(f"/proc/{container.pid}/cgroup")
        shown = inside(container, "/bin/sh", "-c", look)
        container = again(container, bundle, folder / f"images{namespace}")
        assert linux.read_text(f"/proc/{container.pid}/cgroup") == before
        after = inside(container, "/bin/sh", "-c", look)
        assert after == shown
        container.delete("--force")
        container.reap()
        bundle.config["mounts"].pop()


def test_without_cgroup(bundle, folder):
    bundle.runtime.flags += ["--cgroup-manager", "disabled"]
    container = again(start_counter(bundle), bundle, folder / "images")
    assert linux.read_text(f"/proc/{container.pid}/cgroup") == linux.read_text("/proc/self/cgroup")


def test_hooks(bundle, folder):
    for moment in ("prestart", "createRuntime", "createContainer", "poststart", "poststop"):
        bundle.add_hook(moment, "/bin/sh", "-c", f"(echo {moment}; cat) >>{folder}/hooks")
    container = start_counter(bundle)
    (folder / "hooks").unlink()
    container = again(container, bundle, folder / "images")
    lines = (folder / "hooks").read_text()
    assert [word for word in lines.replace("{", "\n{").replace("}", "}\n").splitlines() if word.isalpha()] == \
        ["poststop", "prestart", "createRuntime"]
    told = json.loads("{" + lines.rsplit("{", 1)[1])
    assert (told["id"], told["status"], told["pid"]) == (container.id, "creating", container.pid)


def test_failing_hook(bundle, folder):
    container = start_counter(bundle)
    dump(container, folder / "images")
    container.reap()
    bundle.add_hook("createRuntime", "/bin/sh", "-c", "echo of the hook >&2; exit 3")
    bundle.write()
    bundle.runtime.fails("error running createRuntime hook #0: exit status 3, stdout: , stderr: of the hook", "restore",
                         "--detach", "--bundle", bundle.path, "--image-path", folder / "images", container.id, env=PATH)
    assert bundle.runtime.ids() == []


def test_configuration_of_criu(bundle, folder):
    (folder / "criu.conf").write_text("log-file=of-the-annotation.log\n")
    bundle.config["annotations"] = {"org.criu.config": str(folder / "criu.conf")}
    container = start_counter(bundle)
    dump(container, folder / "images", "--work-path", folder / "work")
    assert (folder / "work/of-the-annotation.log").exists() and not (folder / "work/dump.log").exists()
    container.reap()
    os.unlink(folder / "work/of-the-annotation.log")
    Restored(bundle, folder / "images", "--work-path", folder / "work", container_id=container.id)
    assert (folder / "work/of-the-annotation.log").exists()


def test_lazy_pages(bundle, folder):
    """Up to the moment at which a restore elsewhere may begin; when that gives up, the container goes on."""
    container = start_counter(bundle)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    told, tells = os.pipe()
    with open(folder / "err", "w", encoding="ascii") as err:
        dumping = bundle.runtime.popen("checkpoint", "--lazy-pages", "--page-server", f"127.0.0.1:{port}", "--status-fd",
                                       str(tells), "--image-path", folder / "images", container.id, env=PATH,
                                       pass_fds=[tells], stdout=err, stderr=err)
    os.close(tells)
    if os.read(told, 1) != b"\0":
        dumping.wait(timeout=10)
        skip((folder / "err").read_text().strip()[-200:])
    assert os.read(told, 1) == b"", "it is closed"
    socket.create_connection(("127.0.0.1", port), timeout=5).close()
    assert dumping.wait(timeout=10) in (0, 1)
    if dumping.returncode == 1:
        before = number(container)
        wait_until(lambda: number(container) > before, "counting on")
