"""Exit statuses of `run`, signals through `kill` and through `run`."""

import signal

from lib import each, linux
from lib.container import wait_until

TRAPS = """for s in HUP INT QUIT USR1 USR2 TERM CONT WINCH; do trap "echo got $s; exit 3" $s; done
echo ready; while :; do sleep 0.02; done"""


@each(0, 1, 42, 127, 255)
def test_status_of_run(bundle, status):
    assert bundle.try_run("/bin/sh", "-c", f"exit {status}").status == status


def test_killed_by_a_signal(bundle):
    """pid 1 cannot signal itself, its child can die from one."""
    assert bundle.try_run("/bin/sh", "-c", "sh -c 'kill -KILL $$'; exit $?").status == 137


def test_run_when_pid_1_is_killed(bundle):
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    running = bundle.runtime.popen("run", "--bundle", bundle.path, "x")
    wait_until(lambda: '"running"' in bundle.runtime.call("state", "x").out)
    pid = bundle.runtime.state("x")["pid"]
    wait_until(lambda: linux.read_text(f"/proc/{pid}/comm") == "sleep", "the program itself")
    bundle.runtime.ok("kill", "x", "KILL")
    assert running.wait(10) == 137
    assert bundle.runtime.ids() == []


@each("TERM", "SIGTERM", "term", "sigterm", "15", "HUP", "1", "USR1", "SIGUSR2", "WINCH")
def test_kill(bundle, name):
    container = bundle.start("/bin/sh", "-c", TRAPS)
    container.wait_for("ready")
    container.kill(name)
    number = int(name) if name.isdigit() else signal.Signals["SIG" + name.upper().removeprefix("SIG")]
    container.wait_for(f"got {signal.Signals(number).name.removeprefix('SIG')}")
    assert container.reap() == 3


def test_kill_sends_term_by_default(bundle):
    container = bundle.start()
    wait_until(lambda: linux.read_text(f"/proc/{container.pid}/comm") == "sh")
    bundle.runtime.ok("kill", container.id)
    assert container.reap() in (7, 143)


def test_kill_with_an_unknown_signal(bundle):
    container = bundle.start()
    bundle.runtime.fails('unknown signal "NOSUCH"', "kill", container.id, "NOSUCH")


def test_kill_of_stopped(bundle):
    container = bundle.start("/bin/true")
    container.reap()
    bundle.runtime.fails("container not running", "kill", container.id, "TERM")


def test_kill_all_of_stopped(bundle):
    container = bundle.start("/bin/true")
    container.reap()
    container.kill("KILL", "--all")


def test_kill_of_created(bundle):
    container = bundle.create()
    container.kill("KILL")
    assert container.reap() == 137
    assert container.status == "stopped"


def test_kill_all_without_pid_namespace(bundle):
    bundle.drop_namespace("pid")
    container = bundle.start("/bin/sh", "-c", "sleep 100 & echo child $!; wait")
    container.wait_for("child")
    child = int(container.output().split()[-1])
    container.kill("KILL", "--all")
    wait_until(lambda: not linux.is_alive(child) and not linux.is_alive(container.pid))


@each("INT", "TERM", "USR1", "HUP")
def test_run_passes_signals_on(bundle, name):
    bundle.process["args"] = ["/bin/sh", "-c", TRAPS]
    bundle.write()
    with open(f"{bundle.path}/out", "w", encoding="ascii") as out:
        running = bundle.runtime.popen("run", "--bundle", bundle.path, "x", stdout=out)
        wait_until(lambda: "ready" in linux.read_text(f"{bundle.path}/out"))
        running.send_signal(signal.Signals[f"SIG{name}"])
        assert running.wait(10) == 3
    assert linux.read_text(f"{bundle.path}/out") == f"ready\ngot {name}"


def test_signal_dispositions_are_default(bundle):
    """Python ignores SIGPIPE; the container's program must not inherit that."""
    bundle.process["args"] = ["/bin/report"]
    bundle.write()
    status = bundle.report()["status"]
    assert int(status["SigIgn"], 16) == 0
    assert int(status["SigBlk"], 16) == 0
