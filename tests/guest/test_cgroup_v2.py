"""Limits on a machine where cgroup v2 has the controllers and systemd keeps them."""

import os
import time

from lib import cgroup, each, linux, since
from lib.container import wait_until

MIB = 1 << 20


@each(
    ("memory", {"limit": 64 * MIB}, {"memory.max": str(64 * MIB)}),
    ("memory", {"limit": 64 * MIB, "swap": 96 * MIB}, {"memory.max": str(64 * MIB), "memory.swap.max": str(32 * MIB)}),
    ("memory", {"limit": 64 * MIB, "swap": 64 * MIB}, {"memory.swap.max": "0"}),
    ("memory", {"limit": -1}, {"memory.max": "max"}),
    ("memory", {"reservation": 32 * MIB}, {"memory.low": str(32 * MIB)}),
    ("cpu", {"quota": 20000, "period": 50000}, {"cpu.max": "20000 50000"}),
    ("cpu", {"period": 50000}, {"cpu.max": "max 50000"}),
    ("cpu", {"quota": -1, "period": 100000}, {"cpu.max": "max 100000"}),
    ("cpu", {"shares": 1024}, {"cpu.weight": ("39", "100")}),  # of two conversions in use
    ("cpu", {"shares": 2}, {"cpu.weight": "1"}),
    ("cpu", {"shares": 262144}, {"cpu.weight": "10000"}),
    ("pids", {"limit": 20}, {"pids.max": "20"}),
    ("pids", {"limit": -1}, {"pids.max": "max"}),
    ("unified", {"memory.high": "50331648", "pids.max": "7"}, {"memory.high": "50331648", "pids.max": "7"}),
)
def test_limit(bundle, section, values, files):
    bundle.resources[section] = values
    container = bundle.create()
    for file, wanted in files.items():
        found = linux.read_text(os.path.join(container.cgroup("memory"), file))
        assert found in (wanted if isinstance(wanted, tuple) else (wanted,)), f"{file} is {found}, not {wanted}"
    container.delete("--force")


@since(runc="1.2")
def test_idle(bundle):
    bundle.resources["cpu"] = {"idle": 1}
    container = bundle.create()
    assert linux.read_text(os.path.join(container.cgroup("cpu"), "cpu.idle")) == "1"
    container.delete("--force")


def test_io_limit(bundle):
    device = os.stat("/")
    major, minor = os.major(device.st_dev), os.minor(device.st_dev)
    bundle.resources["blockIO"] = {"throttleWriteBpsDevice": [{"major": major, "minor": minor, "rate": 4 * MIB}]}
    container = bundle.create()
    text = linux.read_text(os.path.join(container.cgroup("io"), "io.max"))
    assert text.startswith(f"{major}:{minor} ") and f"wbps={4 * MIB}" in text, text
    container.delete("--force")


def test_too_much_memory_is_killed(bundle):
    bundle.resources["memory"] = {"limit": 32 * MIB, "swap": 32 * MIB}
    bundle.add_mount("/tmp", kind="tmpfs")
    result = bundle.try_run("dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=200")
    assert result.status == 137, result


def test_too_many_processes(bundle):
    bundle.resources["pids"] = {"limit": 5}
    result = bundle.try_run("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait")
    assert "can't fork" in result.err, result


def test_quota_slows_down(bundle):
    bundle.resources["cpu"] = {"quota": 10000, "period": 100000}
    container = bundle.start("/bin/sh", "-c", "while :; do :; done")
    folder = container.cgroup("cpu")

    def used():
        return int(linux.read_text(os.path.join(folder, "cpu.stat")).split()[1]) / 1e6

    since, before = time.monotonic(), used()
    time.sleep(2)
    share = (used() - before) / (time.monotonic() - since)
    container.delete("--force")
    assert 0.02 < share < 0.2, share


def test_device_rules(bundle):
    """What the config allows and no more: reading kmsg (1:11), but neither writing it nor mem (1:1)."""
    bundle.process["capabilities"] = {kind: ["CAP_MKNOD", "CAP_SYSLOG"] for kind in
                                      ("bounding", "effective", "permitted")}
    bundle.resources["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 11, "access": "r"})
    text = bundle.shell("mknod /dev/a c 1 11; mknod /dev/b c 1 1; (true </dev/a) && echo readable; "
                        "(echo >/dev/a) 2>&1; (cat </dev/b) 2>&1; true")
    readable, unwritable, forbidden = text.splitlines()
    assert readable == "readable", text
    assert "Operation not permitted" in unwritable and "Operation not permitted" in forbidden, text


def test_the_namespace_hides_what_is_above(bundle):
    bundle.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}-a/b"
    assert bundle.report()["cgroup"] == ["0::/"]
    assert "cgroup.procs" in bundle.shell("ls /sys/fs/cgroup")
    cgroup.remove(f"/sys/fs/cgroup/{os.environ['SKIFF_TEST_ID']}-a")


def test_path_below_an_absent_slice(bundle):
    """Controllers reach a directory that is made on the way."""
    parent = f"{os.environ['SKIFF_TEST_ID']}-slice"
    bundle.linux["cgroupsPath"] = f"/{parent}/one/two"
    bundle.resources["pids"] = {"limit": 9}
    container = bundle.create()
    assert container.cgroup("pids") == f"/sys/fs/cgroup/{parent}/one/two"
    assert linux.read_text(f"/sys/fs/cgroup/{parent}/one/two/pids.max") == "9"
    container.delete("--force")
    assert not os.path.exists(f"/sys/fs/cgroup/{parent}/one/two")
    assert cgroup.remove(f"/sys/fs/cgroup/{parent}")


def test_without_a_path(bundle):
    """The runtime chooses a cgroup of the container's own, and removes it."""
    bundle.linux.pop("cgroupsPath", None)
    bundle.resources["memory"] = {"limit": 64 * MIB}
    container = bundle.start()
    folder = container.cgroup("memory")
    assert folder != cgroup.directory(os.getpid(), "memory")
    assert linux.read_text(f"{folder}/memory.max") == str(64 * MIB)
    assert linux.read_text(f"{folder}/cgroup.procs").split()[0] == str(container.pid)
    container.kill("KILL")
    container.reap()
    container.delete()
    assert not os.path.exists(folder)


@since(runc="1.2")
def test_nothing_outlives_the_container(bundle):
    """Processes of a container without a pid namespace end with it."""
    bundle.drop_namespace("pid")
    container = bundle.start("/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait")
    procs = os.path.join(container.cgroup("pids"), "cgroup.procs")
    wait_until(lambda: len(linux.read_text(procs).split()) == 3, "three processes")
    pids = linux.read_text(procs).split()
    container.delete("--force")
    wait_until(lambda: not any(linux.is_alive(pid) for pid in pids), "end of all processes")
