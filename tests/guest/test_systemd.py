"""The systemd cgroup manager: scopes, their properties, and that nothing of them is left."""

import os
import subprocess
import time

from lib import cgroup, each, limit, linux, since, skip
from lib.container import wait_until
from lib.systemd import ROOT, UNDER_VERSION_1, read, show, systemctl, units, update, use_systemd, version

MIB = 1 << 20
CYCLES = int(os.environ.get("CYCLES", "40"))


@since(crun="never")
def test_scope(bundle):
    unit = use_systemd(bundle)
    container = bundle.start()
    wanted = {"ActiveState": "active", "Slice": "system.slice", "Delegate": "yes", "DefaultDependencies": "no",
              "ControlGroup": f"/system.slice/{unit}", "MemoryAccounting": "yes", "IOAccounting": "yes",
              "TasksAccounting": "yes", "Transient": "yes", "CollectMode": "inactive"}
    if version() < 258:  # later ones count it always
        wanted["CPUAccounting"] = "yes"
    assert show(unit, *wanted) == wanted
    group = container.cgroup("memory")
    assert group.startswith(f"{ROOT}/system.slice/{unit}")
    members = linux.read_text(f"{group}/cgroup.procs").split()
    assert str(container.pid) in members and len(members) <= 2, members  # and its `sleep`
    container.delete("--force")
    assert not units(os.environ["SKIFF_TEST_ID"])
    assert not os.path.exists(group)


@since(crun="never")
def test_state_tells_nothing_new(bundle):
    unit = use_systemd(bundle)
    container = bundle.create()
    assert container.status == "created"
    assert bundle.runtime.ids() == [container.id]
    container.delete()
    assert not units(unit)


@each(
    ("memory", {"limit": 64 * MIB}, {"MemoryMax": str(64 * MIB)}),
    ("memory", {"limit": -1}, {"MemoryMax": "infinity"}),
    ("memory", {"reservation": 32 * MIB}, {"MemoryLow": str(32 * MIB)}),
    ("cpu", {"quota": 20000, "period": 50000}, {"CPUQuotaPerSecUSec": "400ms", "CPUQuotaPeriodUSec": "50ms"}),
    ("cpu", {"shares": 262144}, {"CPUWeight": "10000"}),
    ("pids", {"limit": 20}, {"TasksMax": "20"}),
    ("pids", {"limit": -1}, {"TasksMax": "infinity"}),
    ("unified", {"memory.high": "50331648", "pids.max": "7"}, {"MemoryHigh": "50331648", "TasksMax": "7"}),
    ("unified", {"memory.min": "1048576", "cpu.weight": "77"}, {"MemoryMin": "1048576", "CPUWeight": "77"}),
)
def test_property(bundle, section, values, properties):
    unit = use_systemd(bundle)
    bundle.resources[section] = values
    container = bundle.create()
    assert show(unit, *properties) == properties
    container.delete("--force")
    assert not units(unit)


@since(runc="1.2", crun="never")
@each(
    ("cpu", {"idle": 1}, {"CPUWeight": ("idle", "0")}, {"cpu.idle": "1"}),
    ("memory", {"limit": 64 * MIB, "swap": 64 * MIB}, {"MemorySwapMax": "0"}, {"memory.swap.max": "0"}),
    ("memory", {"limit": 64 * MIB, "swap": 96 * MIB}, {"MemorySwapMax": str(32 * MIB)}, {}),
    ("cpu", {"quota": 33300, "period": 100000}, {"CPUQuotaPerSecUSec": "340ms"}, {"cpu.max": "34000 100000"}),
    ("cpu", {"quota": 50000, "burst": 10000}, {"CPUQuotaPerSecUSec": "500ms"}, {"cpu.max.burst": "10000"}),
    ("unified", {"memory.oom.group": "1"}, {"OOMPolicy": "kill"}, {"memory.oom.group": "1"}),
)
def test_property_and_file(bundle, section, values, properties, files):
    if bundle.runtime.name == "runc" and section == "memory":
        skip("runc leaves it to the kernel")
    if "OOMPolicy" in properties and version() < 253:
        skip("of a scope such a systemd resets it whenever it looks")
    unit = use_systemd(bundle)
    bundle.resources[section] = values
    container = bundle.create()
    found = show(unit, *properties)
    for name, wanted in properties.items():
        assert found[name] in (wanted if isinstance(wanted, tuple) else (wanted,)), found
    # Also after systemd has looked at all of it again.
    systemctl("daemon-reload")
    for file, wanted in files.items():
        assert read(container, file) == wanted, file
    container.delete("--force")


@since(runc="never", crun="never")
@each(0, 1)
def test_limit_of_one_process(bundle, count):
    unit = use_systemd(bundle)
    bundle.resources["pids"] = {"limit": count}
    container = bundle.create("/bin/sh", "-c", "sleep 1 & wait")
    assert show(unit, "TasksMax") == {"TasksMax": "1"}
    assert read(container, "pids.max") == "1"
    container.start()
    container.wait_for("can't fork")
    container.delete("--force")


def test_limits_are_felt(bundle):
    use_systemd(bundle)
    bundle.resources["memory"] = {"limit": 32 * MIB, "swap": 32 * MIB}
    bundle.resources["pids"] = {"limit": 6}
    bundle.add_mount("/tmp", kind="tmpfs")
    result = bundle.try_run("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait")
    assert "can't fork" in result.err, result
    result = bundle.try_run("dd", "if=/dev/zero", "of=/tmp/file", "bs=1M", "count=200")
    assert result.status == 137, result
    assert not units(os.environ["SKIFF_TEST_ID"]), "a unit that ended in want of memory is left as failed"


def test_the_container_sees_its_own_cgroup(bundle):
    use_systemd(bundle)
    assert bundle.report()["cgroup"] == ["0::/"]
    bundle.resources["pids"] = {"limit": 9}
    assert bundle.shell("cat /sys/fs/cgroup/pids.max").strip() == "9"


@since(crun="never")
@each("system.slice", "skifftest-one-two.slice", "")
def test_slice(bundle, name):
    unit = use_systemd(bundle, name)
    container = bundle.create()
    path = {"": "/system.slice", "system.slice": "/system.slice"}.get(
        name, "/skifftest.slice/skifftest-one.slice/skifftest-one-two.slice")
    assert show(unit, "Slice", "ControlGroup") == {"Slice": name or "system.slice", "ControlGroup": f"{path}/{unit}"}
    container.delete("--force")
    if name.startswith("skifftest"):
        systemctl("stop", "skifftest.slice")


def test_without_a_path(bundle):
    use_systemd(bundle)
    del bundle.linux["cgroupsPath"]
    container = bundle.create()
    prefix = "libpod" if bundle.runtime.name == "podman" else bundle.runtime.name
    unit = f"{prefix}-{container.id}.scope"
    assert show(unit, "ActiveState", "Slice") == {"ActiveState": "active", "Slice": "system.slice"}
    container.delete("--force")
    assert not units(unit)


@since(crun="never")
@each(
    ("/a/b", 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "/a/b" instead'),
    ("a:b", 'expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "a:b" instead'),
    ("nothing:b:c", "invalid slice name: nothing"),
    ("a--b.slice:b:c", "invalid slice name: a--b.slice"),
)
def test_path_that_is_none(bundle, path, text):
    use_systemd(bundle)
    bundle.linux["cgroupsPath"] = path
    bundle.fails(text)


@each(
    ("TimeoutStopUSec", "uint64 7000000", {"TimeoutStopUSec": "7s"}),
    ("TimeoutStopSec", "uint64 7", {"TimeoutStopUSec": "7s"}),
    ("CollectMode", "'inactive-or-failed'", {"CollectMode": "inactive-or-failed"}),
    ("MemoryHigh", "uint64 52428800", {"MemoryHigh": "52428800"}),
    ("SendSIGHUP", "true", {"SendSIGHUP": "yes"}),
    ("Documentation", "['man:a(1)', 'man:b(1)']", {"Documentation": '"man:a(1)" "man:b(1)"'}),
    ("Description", "'what it is'", {"Description": "what it is"}),
)
def test_annotation(bundle, name, value, properties):
    if bundle.runtime.name == "crun" and name == "Description":
        skip("crun sets its own after it")
    unit = use_systemd(bundle)
    bundle.config["annotations"] = {f"org.systemd.property.{name}": value}
    container = bundle.create()
    found = show(unit, *properties)
    assert found == properties
    container.delete("--force")


@since(crun="never")
@each(
    ("TimeoutStopSec", "'long'", "value parse error"),
    ("A", "1", "name incorrect: too short"),
    ("Some-Thing", "1", "contains non-alphabetic character"),
    ("CollectMode", "'", "value parse error"),
    ("NoSuchProperty", "true", "NoSuchProperty"),
    ("CollectMode", "uint64 1", "Failed to set unit properties"),
)
def test_annotation_that_is_none(bundle, name, value, text):
    use_systemd(bundle)
    bundle.config["annotations"] = {f"org.systemd.property.{name}": value}
    bundle.fails(text)
    assert not units(os.environ["SKIFF_TEST_ID"])


def test_name_that_is_taken(bundle):
    """A second container cannot have the scope of a first, nor end it."""
    unit = use_systemd(bundle)
    container = bundle.start()
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    result = bundle.runtime.call("run", "--bundle", bundle.path, "another")
    assert result.status != 0 and (bundle.runtime.name != "skiff" or unit in result.error), result
    assert container.status == "running"
    assert show(unit, "ActiveState") == {"ActiveState": "active"}
    container.delete("--force")


def test_name_of_a_failed_unit(bundle):
    """A unit that has failed stays; its name can be had again."""
    unit = use_systemd(bundle)
    subprocess.run(["systemd-run", "--quiet", "--collect", "--scope", f"--unit={unit}", "-p", "RuntimeMaxSec=100ms",
                    "-p", "CollectMode=inactive", "sleep", "9"], check=False, capture_output=True)
    wait_until(lambda: show(unit, "ActiveState") == {"ActiveState": "failed"}, "a failed unit")
    assert bundle.run("/bin/echo", "hello") == "hello"
    assert not units(unit)


def test_killed_by_another(bundle):
    """Somebody stops the scope: the container has stopped, and can be deleted."""
    unit = use_systemd(bundle)
    container = bundle.start()
    systemctl("stop", unit)
    container.reap()
    assert container.status == "stopped"
    container.delete()
    assert not units(unit)


@limit(300)
def test_nothing_is_left_of_containers_that_fork(bundle):
    unit = use_systemd(bundle)
    bundle.resources["pids"] = {"limit": 40}
    before = set(units(""))
    for _ in range(CYCLES):
        container = bundle.start("/bin/load", "bomb")
        container.delete("--force")
        container.reap()
    assert not units(unit) and not cgroup.find(unit)
    assert not {name for name in set(units("")) - before if name.endswith((".scope", ".slice"))}
    assert bundle.runtime.ids() == []


@limit(60)
def test_runs(bundle):
    unit = use_systemd(bundle)
    begun = time.monotonic()
    for _ in range(20):
        assert bundle.run("/bin/echo", "x") == "x"
    print(f"{(time.monotonic() - begun) / 20 * 1000:.0f} ms a run")
    assert not units(unit)


def test_pause_survives_systemd(bundle):
    unit = use_systemd(bundle)
    container = bundle.start()
    bundle.runtime.ok("pause", container.id)
    assert container.status == "paused"
    systemctl("set-property", "--runtime", unit, "TasksMax=99")
    systemctl("daemon-reload")
    assert container.status == "paused"
    bundle.runtime.ok("resume", container.id)
    assert container.status == "running"
    bundle.runtime.ok("pause", container.id)
    container.delete("--force")
    assert not units(unit)


def test_update(bundle):
    """systemd knows of a change, so that it does not undo it."""
    if "update" not in bundle.runtime.ok("--help"):
        skip("no update")
    unit = use_systemd(bundle)
    bundle.resources["pids"] = {"limit": 20}
    bundle.resources["memory"] = {"limit": 64 * MIB}
    container = bundle.start()
    update(bundle, container, {"pids": {"limit": 30}, "memory": {"limit": 96 * MIB},
                               "cpu": {"quota": 30000, "period": 100000, "shares": 262144}})
    wanted = {"TasksMax": "30", "MemoryMax": str(96 * MIB), "CPUQuotaPerSecUSec": "300ms", "CPUWeight": "10000"}
    assert show(unit, *wanted) == wanted
    systemctl("daemon-reload")
    systemctl("set-property", "--runtime", unit, "IOWeight=50")
    time.sleep(0.3)
    assert read(container, "pids.max") == "30"
    assert read(container, "memory.max") == str(96 * MIB)
    assert read(container, "cpu.max") == "30000 100000"
    assert read(container, "cpu.weight") == "10000"
    container.delete("--force")
    assert not units(unit)


def test_cpuset(bundle):
    """It binds, on create and after an update, and systemd keeps to it."""
    if "cpuset" not in linux.read_text(f"{ROOT}/cgroup.controllers", "") or len(os.sched_getaffinity(0)) < 2:
        skip("no cpuset controller, or one CPU only")
    unit = use_systemd(bundle)
    bundle.resources["cpu"] = {"cpus": "1", "mems": "0"}
    container = bundle.start("/bin/sh", "-c", "while :; do load cpus; sleep 0.2; done")
    container.wait_for("1")
    assert show(unit, "AllowedCPUs", "AllowedMemoryNodes") == {"AllowedCPUs": "1", "AllowedMemoryNodes": "0"}
    update(bundle, container, {"cpu": {"cpus": "0"}})
    container.wait_for("0")
    systemctl("daemon-reload")
    time.sleep(1)
    assert show(unit, "AllowedCPUs") == {"AllowedCPUs": "0"}
    said = container.output().split()
    assert said == sorted(said, reverse=True) and set(said) == {"0", "1"}, said
    container.delete("--force")
    assert not units(unit)


@limit(60)
def test_version_1(bundle):
    """Where systemd works with hierarchies of version 1: the scope in each of them, update, pause, devices."""
    if not UNDER_VERSION_1:
        skip("version 2 here")
    unit = use_systemd(bundle)
    bundle.resources["pids"] = {"limit": 20}
    bundle.resources["cpu"] = {"shares": 512}
    bundle.process["capabilities"] = {kind: ["CAP_MKNOD"] for kind in ("bounding", "effective", "permitted")}
    container = bundle.start("/bin/sh", "-c", "mknod /dev/a c 1 1; (cat </dev/a) 2>&1; sleep 100")
    for line in linux.read_text(f"/proc/{container.pid}/cgroup").splitlines():
        assert line.endswith(f":/system.slice/{unit}"), line
    assert show(unit, "TasksMax", "CPUShares") == {"TasksMax": "20", "CPUShares": "512"}
    container.wait_for("Operation not permitted")
    bundle.runtime.ok("pause", container.id)
    update(bundle, container, {"pids": {"limit": 30}, "cpu": {"shares": 256, "quota": 30000, "period": 100000}})
    systemctl("daemon-reload")
    assert container.status == "paused"
    bundle.runtime.ok("resume", container.id)
    wanted = {"TasksMax": "30", "CPUShares": "256", "CPUQuotaPerSecUSec": "300ms"}
    assert show(unit, *wanted) == wanted
    for controller, file, value in (("pids", "pids.max", "30"), ("cpu", "cpu.shares", "256"),
                                    ("cpu", "cpu.cfs_quota_us", "30000")):
        assert linux.read_text(f"{container.cgroup(controller)}/{file}") == value
    container.delete("--force")
    assert not units(unit)
    assert not cgroup.find(unit)


@since(crun="never")
def test_no_bus(bundle):
    use_systemd(bundle)
    bundle.runtime.flags.append("--rootless=true")
    bundle.fails("dbus-user-session")


@since(runc="never", crun="never")
def test_without_a_bus_daemon(bundle):
    """systemd itself listens, too."""
    unit = use_systemd(bundle)
    bundle.process["args"] = ["/bin/echo", "hello"]
    bundle.write()
    result = bundle.runtime.call("run", "--bundle", bundle.path, bundle.new_id(),
                                 env={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/run/nobody-there"})
    assert result.out == "hello\n", result
    assert not units(unit)
