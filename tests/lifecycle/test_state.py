"""The documents that `state` and `list` print."""

import datetime
import json
import os
import time

from lib import each, since

MEMBERS = ["ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "annotations", "owner"]


def test_members(bundle):
    bundle.config["annotations"] = {"one": "1", "two.three": "x y"}
    before = time.time()
    container = bundle.create()
    state = container.state()
    assert list(state) == MEMBERS
    assert state["id"] == container.id
    assert state["bundle"] == bundle.path
    assert state["rootfs"] == bundle.rootfs
    assert state["annotations"] == {"one": "1", "two.three": "x y"}
    assert state["owner"] == ""
    created = datetime.datetime.fromisoformat(state["created"][:19] + "+00:00").timestamp()
    assert state["created"].endswith("Z") and int(before) <= created <= time.time()


def test_without_annotations(bundle):
    container = bundle.create()
    assert list(container.state()) == [name for name in MEMBERS if name != "annotations"]


def test_form(bundle):
    container = bundle.create()
    text = bundle.runtime.ok("state", container.id)
    assert text.startswith('{\n  "ociVersion": ') and text.endswith("\n}")


def test_oci_version_is_the_configs(bundle):
    bundle.config["ociVersion"] = "1.0.2-dev"
    container = bundle.create()
    assert container.state()["ociVersion"] == "1.0.2-dev"


def test_pid_over_the_life(bundle):
    container = bundle.create("/bin/true")
    assert container.state()["pid"] == container.pid > 1
    container.start()
    container.reap()
    assert container.state()["pid"] == 0


def test_created_stays(bundle):
    container = bundle.create("/bin/true")
    created = container.state()["created"]
    container.start()
    container.reap()
    assert container.state()["created"] == created


def test_relative_bundle(bundle):
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    bundle.runtime.ok("run", "--detach", "--bundle", "./" + os.path.basename(bundle.path), "x",
                      cwd=os.path.dirname(bundle.path))
    assert bundle.runtime.state("x")["bundle"] == bundle.path


def test_list_table(bundle):
    container = bundle.start()
    header, line = bundle.runtime.ok("list").splitlines()
    assert header.split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
    assert line.split()[:4] == [container.id, str(container.pid), "running", bundle.path]
    assert line.split()[5] == "root"
    assert header.index("PID") == line.index(str(container.pid))


def test_list_json(bundle):
    first, second = bundle.create(), bundle.start()
    text = bundle.runtime.ok("list", "--format", "json")
    assert text.count("\n") == 1
    found = json.loads(text)
    assert [entry["id"] for entry in found] == [first.id, second.id]
    assert [entry["status"] for entry in found] == ["created", "running"]
    assert all(list(entry) == [name for name in MEMBERS if name != "annotations"] for entry in found)
    assert found[0]["owner"] == "root"


def test_list_quiet(bundle):
    ids = [bundle.create().id for _ in range(3)]
    assert bundle.runtime.ok("list", "--quiet").splitlines() == ids


def test_list_of_nothing(bundle):
    bundle.run("/bin/true")
    assert bundle.runtime.ok("list", "--quiet") == ""
    assert bundle.runtime.ok("list", "--format", "json") == "null\n"
    assert bundle.runtime.ok("list").split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]


@since(runc="1.2")
def test_list_of_a_missing_root(runtime):
    runtime.fails("no such file or directory", "list")
    assert not os.path.exists(runtime.root)


def test_list_with_an_unknown_format(bundle):
    bundle.create()
    bundle.runtime.fails("invalid format option", "list", "--format", "xml")


def test_list_shows_the_stopped(bundle):
    container = bundle.start("/bin/true")
    container.reap()
    found = json.loads(bundle.runtime.ok("list", "--format", "json"))
    assert [(entry["status"], entry["pid"]) for entry in found] == [("stopped", 0)]


@each(*range(4, 10))
def test_too_few_descriptors_to_look_at_the_process(bundle, limit):
    """What cannot be found out is an error, and no sign of a container that has stopped."""
    container = bundle.start()
    bundle.runtime.wrapper = ["prlimit", f"--nofile={limit}"]
    state = bundle.runtime.call("state", container.id)
    assert state.status != 0 or json.loads(state.out)["status"] == "running", state
    assert "not running" not in bundle.runtime.call("kill", container.id, "0").err
    assert bundle.runtime.call("delete", container.id).status == 1
    bundle.runtime.wrapper = []
    assert container.status == "running"
