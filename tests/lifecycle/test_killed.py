"""kill -9 of the runtime at any time leaves what `delete --force` removes without a trace."""

import os
import shutil
import signal
import time

from lib import cgroup, each, limit, linux, since
from lib.container import wait_until
from lib.fixtures import reap


def kill_after(bundle, command, seconds):
    """Starts a command, kills the runtime after a while, deletes; what was left then."""
    name = bundle.new_id()
    with open(os.devnull, "r+b") as null:
        running = bundle.runtime.popen(command, "--bundle", bundle.path, name, stdin=null, stdout=null, stderr=null)
        time.sleep(seconds)
        running.send_signal(signal.SIGKILL)
        running.wait()
    result = bundle.runtime.call("delete", "--force", name)
    left = [f"{command} killed after {seconds * 1000:.1f} ms: {result}"] if result.status else []
    found = bundle.runtime.ids() + cgroup.find(name)
    end = time.monotonic() + 2  # a hook that was running goes on to its end
    while any(linux.is_alive(pid) for pid in linux.descendants(os.getpid())) and time.monotonic() < end:
        time.sleep(0.01)
    for pid in linux.descendants(os.getpid()):
        if linux.is_alive(pid):
            found.append(f"process {pid} {linux.read_text(f'/proc/{pid}/comm', '')}")
    reap()
    return left + [f"{what}: {command} killed after {seconds * 1000:.1f} ms" for what in found]


@since(runc="never", crun="never")
@limit(120)
@each("create", "run")
def test_killed_after_stepped_delays(bundle, command):
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    left = []
    for step in range(80):
        left += kill_after(bundle, command, step * 0.00025)
    assert left == [], left[:5]


@since(runc="never", crun="never")
@limit(120)
@each("create", "run")
def test_killed_with_hooks_and_a_user_namespace(bundle, command):
    bundle.map_users()
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.add_hook("createRuntime", "/bin/true")
    bundle.add_hook("createContainer", "/bin/true")
    bundle.write()
    left = []
    for step in range(40):
        left += kill_after(bundle, command, step * 0.0005)
    assert left == [], left[:5]


@since(runc="never", crun="never")
@limit(60)
def test_start_is_killed(bundle):
    left = []
    for step in range(20):
        container = bundle.create("/bin/sleep", "100")
        starting = bundle.runtime.popen("start", container.id)
        time.sleep(step * 0.0003)
        starting.kill()
        starting.wait()
        assert container.status in ("created", "running"), "one or the other, never an error"
        container.delete("--force")
        left += bundle.runtime.ids() + cgroup.find(container.id)
    assert left == []


@since(runc="never", crun="never")
@limit(60)
def test_delete_is_killed(bundle):
    """A second delete finishes what the first began."""
    left = []
    for step in range(20):
        container = bundle.start("/bin/sleep", "100")
        deleting = bundle.runtime.popen("delete", "--force", container.id)
        time.sleep(step * 0.0003)
        deleting.kill()
        deleting.wait()
        container.delete("--force")
        left += bundle.runtime.ids() + cgroup.find(container.id)
    assert left == []


def test_init_is_killed_while_created(bundle):
    container = bundle.create()
    os.kill(container.pid, signal.SIGKILL)
    container.reap()
    assert container.status == "stopped"
    container.delete()


@since(runc="never", crun="never")
def test_leftovers_of_a_refused_start(make_bundle):
    """A create that is killed before it finds its cgroup in use leaves its directory; the cgroup is the other's."""
    first, second = make_bundle(), make_bundle()
    first.linux["cgroupsPath"] = second.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}-shared"
    container = first.start("/bin/sleep", "100")
    second.write()
    name = second.new_id()
    os.mkdir(f"{second.runtime.root}/{name}")
    shutil.copy(f"{second.path}/config.json", f"{second.runtime.root}/{name}/config.json")
    second.runtime.ok("delete", "--force", name)
    assert container.status == "running"
    assert name not in second.runtime.ids()


@each("delete", "delete --force")
def test_deleted_before_there_is_a_record(bundle, command):
    """`delete` finds a directory alone, waits for the `run` that is at work there, and then has a container before it."""
    fifo = os.path.join(bundle.path, "fifo")
    os.mkfifo(fifo)
    bundle.config["annotations"] = {"run.oci.hooks.stdout": fifo}  # is opened early, and holds `run` up
    bundle.process["args"] = ["sleep", "1000"]
    bundle.write()
    name = bundle.new_id()
    running = bundle.runtime.popen("run", "--detach", "--bundle", bundle.path, name)
    wait_until(lambda: name in bundle.runtime.ids())
    deleting = bundle.runtime.popen(*command.split(), name)
    is_forced = command.endswith("--force")
    time.sleep(0.2)
    reader = os.open(fifo, os.O_RDONLY)
    assert running.wait(10) == 0
    assert deleting.wait(10) == (0 if is_forced else 1)
    os.close(reader)
    assert bundle.runtime.ids() == ([] if is_forced else [name])
    assert bool(cgroup.find(name)) != is_forced
