"""Memory: the container feels its limit, and the notice of it arrives."""

import json

from lib import cgroup, each, limit, linux, skip
from lib.container import wait_until

MIB = 1 << 20
VIEWS = ("hybrid", "v1", "v2")


def needs_memory(view, layout):
    view(layout)
    if not cgroup.has("memory"):
        skip(f"no memory controller in the {layout} view of this machine")


def set_limit(bundle, mebibytes):
    bundle.resources["memory"] = {"limit": mebibytes * MIB, "swap": mebibytes * MIB}


@each(*VIEWS)
def test_too_much_is_killed(view, bundle, layout):
    needs_memory(view, layout)
    set_limit(bundle, 24)
    container = bundle.start("/bin/load", "memory", "64")
    assert container.reap() == 137 and "touched" not in container.output()
    container.delete()


@each(*VIEWS)
def test_as_much_as_is_allowed(view, bundle, layout):
    needs_memory(view, layout)
    set_limit(bundle, 64)
    container = bundle.start("/bin/load", "memory", "24")
    container.wait_for("touched")


@each(*VIEWS)
def test_a_lower_limit_is_felt(view, bundle, layout):
    needs_memory(view, layout)
    set_limit(bundle, 64)
    container = bundle.create("/bin/load", "memory", "40")
    container.runtime.ok("update", "--memory", "20M", "--memory-swap", "20M", container.id)
    container.start()
    assert container.reap() == 137
    container.delete()


@each(*VIEWS)
def test_oom_is_reported(view, bundle, folder, layout):
    needs_memory(view, layout)
    set_limit(bundle, 24)
    container = bundle.start("/bin/sh", "-c", "while :; do sleep 0.3; load memory 64; done")
    with open(folder / "events", "w", encoding="utf-8") as file:
        events = bundle.runtime.popen("events", "--interval", "100ms", container.id, stdout=file)
    wait_until(lambda: '"type":"oom"' in linux.read_text(folder / "events"), "notice of OOM")
    container.delete("--force")
    assert events.wait(timeout=10) == 0
    found = [json.loads(line) for line in linux.read_text(folder / "events").splitlines()]
    assert {"type": "oom", "id": container.id} in found
    assert {event["type"] for event in found} == {"stats", "oom"}


@limit(60)
@each(*VIEWS)
def test_order_of_memory_and_swap(view, bundle, layout):
    """Raising and lowering both: each of the two kernel interfaces wants another order."""
    needs_memory(view, layout)
    set_limit(bundle, 32)
    container = bundle.create()
    v2 = cgroup.is_v2("memory")
    name = "memory.swap.max" if v2 else "memory.memsw.limit_in_bytes"
    if linux.read_text(f"{container.cgroup('memory')}/{name}", "") == "":
        skip("this kernel does not account swap")

    def both():
        memory = int(container.limit("memory", "memory.limit_in_bytes", "memory.max"))
        swap = int(linux.read_text(f"{container.cgroup('memory')}/{name}"))
        return memory // MIB, (swap + memory if v2 else swap) // MIB

    for memory, swap in ((30, 50), (60, 80), (10, 20), (100, 100), (40, 400)):
        bundle.runtime.ok("update", "--memory", f"{memory}M", "--memory-swap", f"{swap}M", container.id)
        assert both() == (memory, swap)
    # Memory alone keeps the sum.
    bundle.runtime.ok("update", "--memory", "50M", container.id)
    assert both() == (50, 400)
    bundle.runtime.fails("", "update", "--memory", "500M", container.id)
    assert both() == (50, 400), "half applied"
    bundle.runtime.ok("update", "--memory", "-1", container.id)
    unlimited = ("max", "9223372036854771712")
    assert container.limit("memory", "memory.limit_in_bytes", "memory.max") in unlimited
    assert linux.read_text(f"{container.cgroup('memory')}/{name}") in unlimited


@each(*VIEWS)
def test_limit_below_what_is_used(view, bundle, layout):
    needs_memory(view, layout)
    if cgroup.is_v2("memory"):
        set_limit(bundle, 64)
        container = bundle.start("/bin/load", "memory", "40")
        container.wait_for("touched")
        change = json.dumps({"memory": {"limit": 8 * MIB, "swap": 8 * MIB, "checkBeforeUpdate": True}})
        result = bundle.runtime.fails("rejecting memory", "update", "-r", "-", container.id, stdin=change)
        assert "<= usage" in result.error
        assert container.status == "running"
        return
    # v1 takes away what it can first; locked pages of a tmpfs without swap stay.
    bundle.add_mount("/mem", kind="tmpfs")
    set_limit(bundle, 64)
    container = bundle.start("/bin/sh", "-c", "dd if=/dev/zero of=/mem/x bs=1M count=40 2>/dev/null; echo full; sleep 100")
    container.wait_for("full")
    result = bundle.runtime.call("update", "--memory", "4M", container.id)
    if result.status == 0:
        skip("the kernel found room")
    assert f"unable to set memory limit to {4 * MIB} (current usage: " in result.error, result
    assert container.limit("memory", "memory.limit_in_bytes", "") == str(64 * MIB)
