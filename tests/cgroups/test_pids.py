"""Processes: their number, their end, their list."""

import json
import os
import time

from lib import cgroup, each, limit, linux, since, skip
from lib.container import wait_until
from lib.fixtures import reap

VIEWS = ("hybrid", "v1", "v2")
CYCLES = int(os.environ.get("CYCLES", "40"))


def needs_pids(view, layout):
    view(layout)
    if not cgroup.has("pids"):
        skip(f"no pids controller in the {layout} view of this machine")


@each(*VIEWS)
def test_forks_stop_at_the_limit(view, bundle, layout):
    needs_pids(view, layout)
    bundle.resources["pids"] = {"limit": 20}
    container = bundle.start("/bin/load", "fork", "100")
    wait_until(lambda: container.output().strip(), "its answer")
    assert container.output().strip() == "19"


@since(runc="1.4", crun="never")
@each(*VIEWS)
def test_another_limit(view, bundle, layout):
    needs_pids(view, layout)
    container = bundle.create("/bin/load", "fork", "100")
    for value, shown in (("30", "30"), ("-1", "max"), ("0", "1"), ("12", "12")):
        bundle.runtime.ok("update", "--pids-limit", value, container.id)
        assert container.limit("pids", "pids.max", "pids.max") == shown
    container.start()
    wait_until(lambda: container.output().strip(), "its answer")
    assert container.output().strip() == "11"


def limit_by_user(bundle, most):
    """Without a pids controller: a user of the container's own, of whom there may be so many processes."""
    user = 700000 + os.getpid() % 100000
    bundle.process["user"] = {"uid": user, "gid": user}
    bundle.process["rlimits"].append({"type": "RLIMIT_NPROC", "hard": most, "soft": most})


def start_bomb(bundle, most):
    """A fork bomb; where there is a pids controller it stays small enough for this machine."""
    if cgroup.has("pids"):
        bundle.resources["pids"] = {"limit": most}
    else:
        limit_by_user(bundle, most)
    container = bundle.start("/bin/load", "bomb")
    container.wait_for("bomb")
    return container


@each(*VIEWS)
def test_fork_bomb_is_deleted(view, bundle, layout):
    view(layout)
    container = start_bomb(bundle, 300)
    time.sleep(0.3)
    container.delete("--force")
    assert cgroup.find(container.id) == []


@since(runc="1.2")
@each(*VIEWS)
def test_fork_bomb_in_a_shared_pid_namespace(view, bundle, layout):
    """Nothing but the cgroup tells who belongs to it."""
    view(layout)
    bundle.drop_namespace("pid")
    container = start_bomb(bundle, 200)
    time.sleep(0.3)
    container.kill("KILL")
    wait_until(lambda: container.status == "stopped", "its end")
    wait_until(lambda: json.loads(bundle.runtime.ok("ps", "-f", "json", container.id)) is None, "the end of all")
    container.delete()
    assert cgroup.find(container.id) == []


@limit(300)
@each(*VIEWS)
def test_nothing_is_left_of_containers_that_fork(view, bundle, layout):
    view(layout)
    if cgroup.has("pids"):
        bundle.resources["pids"] = {"limit": 40}
    else:
        limit_by_user(bundle, 40)
    bundle.process["args"] = ["/bin/load", "bomb"]
    bundle.write()
    with open(os.devnull, "r+", encoding="utf-8") as null:
        for number in range(CYCLES):
            name = f"{os.environ['SKIFF_TEST_ID']}-cycle{number}"
            run = bundle.runtime.popen("run", "-d", "--bundle", bundle.path, name, stdin=null, stdout=null, stderr=null)
            assert run.wait(timeout=20) == 0
            bundle.runtime.ok("delete", "--force", name)
            reap()
    assert cgroup.find(os.environ["SKIFF_TEST_ID"]) == []
    assert bundle.runtime.ids() == []


@each(*VIEWS)
def test_ps(view, bundle, layout):
    view(layout)
    container = bundle.start("/bin/load", "fork", "2")
    wait_until(lambda: container.output().strip(), "its answer")
    pids = json.loads(bundle.runtime.ok("ps", "--format", "json", container.id))
    assert len(pids) == 3 and container.pid in pids
    assert set(pids) == {container.pid, *linux.descendants(container.pid)}
    table = bundle.runtime.ok("ps", container.id).splitlines()
    assert table[0].split() == "UID PID PPID C STIME TTY TIME CMD".split()
    assert sorted(int(line.split()[1]) for line in table[1:]) == sorted(pids)
    table = bundle.runtime.ok("ps", container.id, "-o", "pid,comm").splitlines()
    assert table[0].split() == ["PID", "COMMAND"] and len(table) == 4
    assert {line.split()[1] for line in table[1:]} == {"load"}
    bundle.runtime.fails("couldn't find PID field in ps output", "ps", container.id, "-o", "comm")
    bundle.runtime.fails("exit status 1: error: ", "ps", container.id, "--no-such-option")
    bundle.runtime.fails("invalid format option", "ps", "-f", "xml", container.id)


def test_ps_of_a_stopped_container(bundle):
    container = bundle.start("/bin/true")
    container.reap()
    assert bundle.runtime.ok("ps", container.id).split()[0] == "UID"
    assert bundle.runtime.ok("ps", "-f", "json", container.id) == "null\n"


@each(*VIEWS)
def test_pause(view, bundle, layout):
    view(layout)
    container = bundle.start("/bin/sh", "-c", "while :; do echo tick; sleep 0.02; done")
    container.wait_for("tick")
    bundle.runtime.ok("pause", container.id)
    assert container.status == "paused"
    assert json.loads(bundle.runtime.ok("list", "-f", "json"))[0]["status"] == "paused"
    size = len(container.output())
    time.sleep(0.3)
    assert len(container.output()) == size
    bundle.runtime.fails("container not running", "pause", container.id)
    bundle.runtime.ok("resume", container.id)
    assert container.status == "running"
    wait_until(lambda: len(container.output()) > size, "more output")
    bundle.runtime.fails("container not paused", "resume", container.id)


def test_pause_of_a_created_container(bundle):
    container = bundle.create()
    bundle.runtime.ok("pause", container.id)
    assert container.status == "paused"
    bundle.runtime.ok("resume", container.id)
    assert container.status == "created"
    container.start()


@each(*VIEWS)
def test_paused_container_is_killed(view, bundle, layout):
    view(layout)
    container = bundle.start("/bin/load", "fork", "3")
    wait_until(lambda: container.output().strip(), "its answer")
    bundle.runtime.ok("pause", container.id)
    container.kill("KILL")
    assert container.reap() == 137
    container.delete()


def test_kill_all(bundle):
    container = bundle.start("/bin/sh", "-c", "(trap 'echo child; exit' TERM; echo ready; while :; do sleep 0.01; done) & "
                                              "trap '' TERM; while :; do sleep 0.01; done")
    container.wait_for("ready")
    bundle.runtime.ok("kill", "--all", container.id, "TERM")
    container.wait_for("child")
    bundle.runtime.ok("kill", "-a", container.id, "KILL")
    assert container.reap() == 137
    bundle.runtime.ok("kill", "--all", container.id, "TERM")
    bundle.runtime.fails("container not running", "kill", container.id, "TERM")
