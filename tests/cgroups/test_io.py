"""Block devices: a limit of the rate slows a writer down."""

import json
import os

from lib import cgroup, each, limit, linux, since, skip
from lib.container import wait_until

MIB = 1 << 20
VIEWS = ("hybrid", "v1", "v2")


def disk(bundle):
    """{"major", "minor"} of the whole disk below the bundle: limits of partitions are refused."""
    device = os.stat(bundle.path).st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    if os.path.exists(f"/sys/dev/block/{number}/partition"):
        number = linux.read_text(f"/sys/dev/block/{number}/../dev")
    elif not os.path.exists(f"/sys/dev/block/{number}"):
        skip("the files of the tests are on no block device")
    major, minor = number.split(":")
    return {"major": int(major), "minor": int(minor)}


def needs_io(view, layout):
    view(layout)
    if not (cgroup.has("blkio") or cgroup.has("io")):
        skip(f"no io controller in the {layout} view of this machine")


def controller():
    return "blkio" if cgroup.has("blkio") else "io"


@limit(60)
@each(*VIEWS)
def test_writes_are_throttled(view, bundle, layout):
    needs_io(view, layout)
    bundle.resources["blockIO"] = {"throttleWriteBpsDevice": [disk(bundle) | {"rate": 2 * MIB}]}
    container = bundle.start("/bin/load", "write", "/file", str(4 * MIB))
    assert container.reap() == 0
    needed = int(container.output()) / 1000
    assert needed >= 1.8, f"4 MiB at 2 MiB/s in {needed} s"
    container.delete()


@since(runc="1.4")
@limit(60)
@each(*VIEWS)
def test_updated_throttle(view, bundle, layout):
    needs_io(view, layout)
    device = disk(bundle)
    bundle.resources["blockIO"] = {"throttleWriteBpsDevice": [device | {"rate": 100000}]}
    container = bundle.create("/bin/load", "write", "/file", str(4 * MIB))
    change = {"blockIO": {"weight": 0, "throttleWriteBpsDevice": [device | {"rate": 4 * MIB}]}}
    bundle.runtime.ok("update", "-r", "-", container.id, stdin=json.dumps(change))
    container.start()
    assert container.reap() == 0
    assert 0.8 <= int(container.output()) / 1000 <= 20
    container.delete()


@since(runc="1.4")
@each(*VIEWS)
def test_throttle_is_taken_away(view, bundle, layout):
    needs_io(view, layout)
    device = disk(bundle)
    bundle.resources["blockIO"] = {"throttleReadIOPSDevice": [device | {"rate": 5}]}
    container = bundle.create()
    name = ("blkio.throttle.read_iops_device", "io.max")
    key = f"{device['major']}:{device['minor']} "
    assert key in container.limit(controller(), *name)
    change = {"blockIO": {"throttleReadIOPSDevice": [device | {"rate": 0}]}}
    bundle.runtime.ok("update", "-r", "-", container.id, stdin=json.dumps(change))
    assert key not in container.limit(controller(), *name)


@each(*VIEWS)
def test_statistics_count_the_writes(view, bundle, layout):
    needs_io(view, layout)
    device = disk(bundle)
    container = bundle.start("/bin/sh", "-c", f"load write /file {MIB}; sleep 100")
    wait_until(lambda: container.output().strip(), "its answer")

    def written():
        stats = json.loads(bundle.runtime.ok("events", "--stats", container.id))["data"]["blkio"]
        return [entry.get("value", 0) for entry in stats.get("ioServiceBytesRecursive", ())
                if entry["op"] == "Write" and entry.get("major", 0) == device["major"]]

    wait_until(lambda: written() and written()[0] >= MIB, "a count of the writes")
