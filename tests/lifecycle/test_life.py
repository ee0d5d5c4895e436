"""create, start, kill, delete, run: what each does in each state of a container."""

import json
import os
import signal

from lib import each, linux, since
from lib.container import wait_until


def test_create_start_kill_delete(bundle):
    container = bundle.create()
    assert container.status == "created"
    assert linux.is_alive(container.pid)
    container.start()
    assert container.status == "running"
    container.wait_for("")
    container.kill("KILL")
    assert container.reap() == 137
    assert container.status == "stopped"
    container.delete()
    assert bundle.runtime.ids() == []


def test_program_waits_for_start(bundle):
    container = bundle.create("/bin/touch", "/started")
    assert not os.path.exists(f"{bundle.rootfs}/started")
    container.start()
    assert container.reap() == 0
    assert os.path.exists(f"{bundle.rootfs}/started")


def test_run(bundle):
    assert bundle.run("/bin/echo", "hello") == "hello"
    assert bundle.runtime.ids() == []


def test_run_feeds_stdin(bundle):
    assert bundle.run("/bin/cat", stdin="from outside") == "from outside"


def test_run_detached(bundle):
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    bundle.runtime.ok("run", "--detach", "--bundle", bundle.path, "x")
    assert bundle.runtime.state("x")["status"] == "running"
    bundle.runtime.ok("kill", "x", "KILL")
    wait_until(lambda: bundle.runtime.state("x")["status"] == "stopped")
    bundle.runtime.ok("delete", "x")


def test_run_keep(bundle):
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    bundle.runtime.ok("run", "--keep", "--bundle", bundle.path, "x")
    assert bundle.runtime.state("x")["status"] == "stopped"
    bundle.runtime.ok("delete", "x")


def test_bundle_is_the_current_directory(bundle):
    bundle.process["args"] = ["/bin/echo", "here"]
    bundle.write()
    assert bundle.runtime.ok("run", "x", cwd=bundle.path) == "here\n"


def test_delete_of_created(bundle):
    container = bundle.create()
    container.delete()
    assert not linux.is_alive(container.pid)


def test_delete_of_running(bundle):
    container = bundle.start()
    bundle.runtime.fails(f"cannot delete container {container.id} that is not stopped: running",
                         "delete", container.id)
    assert container.status == "running"


def test_delete_force_of_running(bundle):
    container = bundle.start()
    container.delete("--force")
    assert not linux.is_alive(container.pid)


def test_delete_force_ends_all_processes(bundle):
    """Without a pid namespace the children of pid 1 survive it; only the cgroup knows them."""
    bundle.drop_namespace("pid")
    container = bundle.start("/bin/sh", "-c", "sleep 100 & echo child $!; wait")
    container.wait_for("child")
    child = int(container.output().split()[-1])
    container.delete("--force")
    wait_until(lambda: not linux.is_alive(child))


def test_delete_force_of_unknown(runtime):
    runtime.ok("delete", "--force", "nobody")


def test_start_twice(bundle):
    container = bundle.start()
    bundle.runtime.fails("cannot start an already running container", "start", container.id)


def test_created_without_a_process(bundle):
    """config.md: the process is optional until `start`; runtime.md: which must fail then."""
    bundle.write(json.dumps({name: value for name, value in bundle.config.items() if name != "process"}))
    name, runtime = bundle.new_id(), bundle.runtime
    runtime.ok("create", "--bundle", bundle.path, name)
    state = runtime.state(name)
    assert state["status"] == "created"
    assert runtime.ok("exec", name, "/bin/echo", "here") == "here\n"
    runtime.fails("has no process", "start", name)
    os.waitpid(state["pid"], 0)
    assert runtime.state(name)["status"] == "stopped"
    runtime.ok("delete", name)
    runtime.ok("create", "--bundle", bundle.path, name)
    runtime.ok("delete", name)


def test_start_of_stopped(bundle):
    container = bundle.start("/bin/true")
    container.reap()
    bundle.runtime.fails("cannot start a container that has stopped", "start", container.id)


def test_start_after_init_was_killed(bundle):
    container = bundle.create()
    os.kill(container.pid, signal.SIGKILL)
    container.reap()
    bundle.runtime.fails("cannot start a container that has stopped", "start", container.id)


def test_stopped_while_a_zombie(bundle):
    """The caller may not have reaped pid 1 yet."""
    container = bundle.start("/bin/true")
    wait_until(lambda: linux.process_state(container.pid) == "Z")
    assert container.status == "stopped"
    container.delete()


def test_config_is_read_only_once(bundle):
    container = bundle.create("/bin/echo", "first")
    bundle.process["args"] = ["/bin/echo", "second"]
    bundle.config["hooks"] = {"poststart": [{"path": "/bin/false"}], "poststop": [{"path": "/bin/false"}]}
    bundle.write()
    container.start()
    container.reap()
    assert container.output() == "first"
    container.delete()


def test_bundle_may_vanish_after_create(bundle):
    container = bundle.create("/bin/echo", "first")
    os.unlink(f"{bundle.path}/config.json")
    container.start()
    container.reap()
    assert container.status == "stopped"
    container.delete()


@each("TERM", "INT", "HUP", "QUIT")
@since(crun="never")
def test_signal_ends_a_created_container(bundle, signal):
    """Its waiting process is pid 1 of a namespace, and would be deaf to them without handlers."""
    container = bundle.create("/bin/true")
    container.kill(signal)
    container.reap()
    assert container.status == "stopped"
