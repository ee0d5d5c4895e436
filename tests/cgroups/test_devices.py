"""Devices: what the rules forbid cannot be opened, and an update of them is felt by a program that runs."""

import json
import os
import stat
import time

from lib import cgroup, each, since, skip
from lib.container import wait_until

VIEWS = ("hybrid", "v1", "v2")
EPERM = "1"  # the errno
# The console: no default rule allows it, and unlike others it can be opened even where the tests are confined.
DEVICE = {"type": "c", "major": 5, "minor": 1}
NODE = "mknod /device c 5 1"


def watch(bundle):
    """A container whose program says whether it may open the device, each time that changes."""
    bundle.add_capabilities("CAP_MKNOD")
    return bundle.start("/bin/sh", "-c", f"{NODE} && exec load watch /device r")


def said(container):
    return ["no" if word == EPERM else "yes" for word in container.output().split()]


def update(container, *rules):
    container.runtime.ok("update", "-r", "-", container.id, stdin=json.dumps({"devices": list(rules)}))


@each(*VIEWS)
def test_forbidden(view, bundle, layout):
    view(layout)
    container = watch(bundle)
    wait_until(lambda: said(container), "its answer")
    assert said(container) == ["no"]


@each(*VIEWS)
def test_allowed_for_reading_only(view, bundle, layout):
    view(layout)
    bundle.resources["devices"].append({"allow": True, "access": "r"} | DEVICE)
    bundle.add_capabilities("CAP_MKNOD")
    text = bundle.shell(f"{NODE}; load open /device r; load open /device w; load open /dev/null rw").split()
    assert text[0] != EPERM and text[1:] == [EPERM, "0"], text


@since(runc="never")
@each("hybrid", "v1")
def test_rules_are_applied_in_the_listed_order(view, bundle, layout):
    view(layout)
    rules = [("c", 10, 229, "rwm"), ("b", 8, 20, "rw"), ("b", 10, 200, "r"), ("c", 2, 1, "r")]
    bundle.resources["devices"] += [{"allow": True, "type": kind, "major": major, "minor": minor, "access": access}
                                    for kind, major, minor, access in rules]
    listed = bundle.start().limit("devices", "devices.list", "devices.list").splitlines()
    assert listed[:len(rules)] == [f"{kind} {major}:{minor} {access}" for kind, major, minor, access in rules], listed


@since(runc="never", crun="never")
@each(*VIEWS)
def test_update_is_felt(view, bundle, layout):
    view(layout)
    container = watch(bundle)
    wait_until(lambda: said(container) == ["no"], "refusal")
    update(container, {"allow": True, "access": "r"} | DEVICE)
    wait_until(lambda: said(container) == ["no", "yes"], "permission")
    update(container, {"allow": False, "access": "r"} | DEVICE)
    wait_until(lambda: said(container) == ["no", "yes", "no"], "refusal again")
    update(container, {"allow": True, "access": "rwm"})
    wait_until(lambda: said(container)[-1] == "yes", "permission of everything")
    update(container, {"allow": False, "access": "rwm"}, {"allow": True, "access": "w"} | DEVICE)
    wait_until(lambda: said(container)[-1] == "no", "refusal of everything")


@each(*VIEWS)
def test_rules_of_engines_change_nothing(view, bundle, layout):
    """Podman sends the rule that denies everything with every update; Kubernetes repeats all rules."""
    view(layout)
    own = {"allow": True, "access": "r"} | DEVICE
    bundle.resources["devices"].append(own)
    container = watch(bundle)
    wait_until(lambda: said(container) == ["yes"], "permission")
    update(container, {"allow": False, "access": "rwm"})
    update(container, *bundle.resources["devices"])
    bundle.runtime.ok("update", "--pids-limit", "50", container.id) if layout != "v2" else None
    time.sleep(0.1)
    assert said(container) == ["yes"]


@since(runc="never", crun="never")
@each(*VIEWS)
def test_no_moment_without(view, bundle, layout):
    """What both the old and the new rules allow is allowed all the time, what both forbid never."""
    view(layout)
    container = watch(bundle)
    other = bundle.start("/bin/load", "watch", "/dev/null", "rw")
    for target in (container, other):
        wait_until(lambda target=target: said(target), "its answer")
    fuse = {"type": "c", "major": 10, "minor": 229, "access": "rwm"}
    for number in range(20):
        for target in (container, other):
            update(target, {"allow": number % 2 == 0} | fuse)
    time.sleep(0.05)
    assert said(container) == ["no"] and said(other) == ["yes"]


@since(runc="never", crun="never")
def test_the_program_is_replaced(view, bundle):
    """Updates do not pile up programs, of which every one would have to consent (and 64 are the most)."""
    view("v2")
    container = watch(bundle)
    for number in range(80):
        update(container, {"allow": number % 2 == 0, "access": "r"} | DEVICE)
    update(container, {"allow": True, "access": "r"} | DEVICE)
    wait_until(lambda: said(container)[-1] == "yes", "permission")


@since(runc="never", crun="never")
def test_refused_rules(bundle):
    container = bundle.create()
    change = json.dumps({"devices": [{"allow": True, "type": "x", "access": "r"}]})
    bundle.runtime.fails('invalid cgroup device type "x"', "update", "-r", "-", container.id, stdin=change)
    assert os.path.exists(f"/proc/{container.pid}")


@since(runc="never", crun="never")
@each("/", "own", "above")
def test_rules_bind_nobody_else(view, bundle, folder, where):
    """A cgroup that the runtime itself is in, or everybody, is no container's: else all lost their devices for good."""
    view("v2")
    if "--systemd-cgroup" in bundle.runtime.flags:
        skip("a scope is always new")
    parent = f"/sys/fs/cgroup/{os.environ['SKIFF_TEST_ID']}-own"
    os.makedirs(f"{parent}/leaf")
    with open(f"{parent}/leaf/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")
    os.mknod(folder / "console", 0o600 | stat.S_IFCHR, os.makedev(5, 1))
    os.close(os.open(folder / "console", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
    bundle.linux["cgroupsPath"] = {"/": "/", "own": f"{parent[14:]}/leaf", "above": parent[14:]}[where]
    text = "invalid cgroup path" if where == "/" else "container's cgroup is not empty"
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    bundle.runtime.fails(text, "create", "--bundle", bundle.path, bundle.new_id())
    os.close(os.open(folder / "console", os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY))
    with open("/sys/fs/cgroup/cgroup.procs", "w", encoding="ascii") as file:
        file.write("0")
    assert cgroup.remove(parent)
