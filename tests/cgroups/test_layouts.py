"""Hosts that have little of cgroups, or none."""

import json
import os

from lib import cgroup, each, linux, since, skip

TOP = "/sys/fs/cgroup"
VIEWS = ("hybrid", "v1", "v2")


def commands_without_cgroup(bundle, container):
    """What works, and what is refused in clear words, where a container has no cgroup."""
    runtime = bundle.runtime
    assert container.status == "running"
    runtime.fails("cannot toggle freezer: cgroups not configured for container", "pause", container.id)
    runtime.fails("the container has no cgroup", "ps", container.id)
    runtime.fails("the container has no cgroup", "update", "--memory", "100M", container.id)
    runtime.fails("cgroup not exist", "events", "--stats", container.id)
    container.kill("KILL")
    assert container.reap() == 137
    container.delete()


@since(runc="never")
@each(*VIEWS)
def test_disabled(view, bundle, layout):
    view(layout)
    bundle.resources["memory"] = {"limit": 1}  # would kill it
    bundle.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}-unused"
    bundle.runtime.flags += ["--cgroup-manager", "disabled"]
    container = bundle.start()
    assert linux.read_text(f"/proc/{container.pid}/cgroup") == linux.read_text("/proc/self/cgroup")
    assert cgroup.find(os.environ["SKIFF_TEST_ID"]) == []
    if bundle.runtime.name == "skiff":
        commands_without_cgroup(bundle, container)


@since(runc="never")
def test_managers_by_name(bundle):
    bundle.runtime.flags += ["--cgroup-manager", "cgroupfs"]
    bundle.run("/bin/true")
    bundle.runtime.flags[-1] = "other"
    bundle.runtime.fails("unknown cgroup manager specified", "list")


def test_option_of_the_mount(view, bundle):
    """Some are cgroup2's own; what is nobody's is refused, though the host's mount is shown."""
    view("v2")
    mount = next(mount for mount in bundle.config["mounts"] if mount["type"] == "cgroup")
    mount["options"].append("nsdelegate")
    bundle.run("/bin/true")
    mount["options"].append("nosuchoption")
    bundle.fails("nosuchoption" if bundle.runtime.name == "skiff" else "invalid argument", "/bin/true")


def hide_cgroups():
    linux.unmount(TOP)


@since(runc="never", crun="never")
def test_no_cgroupfs_at_all(bundle):
    hide_cgroups()
    bundle.linux["resources"] = {}
    bundle.drop_mounts(TOP)
    bundle.fails("no cgroup mount found in mountinfo", "/bin/true")  # devices are limited by default
    bundle.linux["resources"] = {"devices": [{"allow": True, "access": "rwm"}]}
    container = bundle.start()
    commands_without_cgroup(bundle, container)
    bundle.linux["resources"]["memory"] = {"limit": 1 << 26}
    bundle.fails("no cgroup mount found in mountinfo", "/bin/true")


def make_readonly():
    for point, _, _ in cgroup.hierarchies():
        linux.mount("none", point, flags=linux.MS_BIND | linux.MS_REMOUNT | linux.MS_RDONLY)


@since(crun="never")
@each(*VIEWS)
def test_read_only_cgroupfs(view, bundle, layout):
    view(layout)
    make_readonly()
    bundle.fails("read-only file system", "/bin/true")


@since(runc="never", crun="never")
@each(*VIEWS)
def test_read_only_cgroupfs_when_rootless(view, bundle, layout):
    """Nothing asked for, nothing refused."""
    view(layout)
    make_readonly()
    bundle.runtime.flags += ["--rootless", "true"]
    bundle.linux["resources"] = {}
    bundle.run("/bin/true")


@each(*VIEWS)
def test_nested(view, bundle, layout):
    """A path of several levels: controllers and cpusets reach the last one; only that one is removed."""
    view(layout)
    top = f"{os.environ['SKIFF_TEST_ID']}-top"
    bundle.linux["cgroupsPath"] = f"/{top}/middle/leaf"
    if cgroup.has("cpuset"):
        bundle.resources["cpu"] = {"cpus": "0"}
    container = bundle.start()
    if cgroup.has("cpuset"):
        assert os.sched_getaffinity(container.pid) == {0}
    assert len(cgroup.find("leaf")) >= 1
    bundle.runtime.ok("pause", container.id)
    bundle.runtime.ok("resume", container.id)
    container.delete("--force")
    assert [path for path in cgroup.find("leaf") if top in path] == []
    for path in cgroup.find(top):
        assert cgroup.remove(path)


@each(*VIEWS)
def test_cgroups_that_the_program_made(view, bundle, layout):
    """Delegation: processes below the container's cgroup are its own too."""
    view(layout)
    container = bundle.start("/bin/sh", "-c", "load fork 2")
    while not container.output():
        pass
    pids = json.loads(bundle.runtime.ok("ps", "-f", "json", container.id))
    child = next(pid for pid in pids if pid != container.pid)
    for path in cgroup.find(container.id):
        os.mkdir(f"{path}/below")
        for name in ("cpuset.cpus", "cpuset.mems"):
            if os.path.exists(f"{path}/{name}") and not os.path.exists(f"{path}/cgroup.controllers"):
                with open(f"{path}/below/{name}", "w", encoding="ascii") as file:
                    file.write(linux.read_text(f"{path}/{name}"))
        with open(f"{path}/below/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(child))
    assert json.loads(bundle.runtime.ok("ps", "-f", "json", container.id)) == pids
    container.delete("--force")
    assert cgroup.find(container.id) == []


@since(runc="never", crun="never")
def test_missing_controller(view, bundle):
    """It matters only to who needs it, and is named then."""
    view("v2")
    if cgroup.has("memory"):
        skip("this machine has all controllers in cgroup2")
    bundle.run("/bin/true")
    container = bundle.create()
    message = "cannot set memory limit"
    bundle.runtime.fails(message, "update", "--memory", "100M", container.id)
    bundle.runtime.fails("memory controller missing", "events", container.id)
    assert set(json.loads(bundle.runtime.ok("events", "--stats", container.id))["data"]["memory"]) <= {"psi"}
    bundle.resources["memory"] = {"limit": 100 << 20}
    bundle.fails(message, "/bin/true")


def test_concurrent_updates(bundle):
    """Each one finds what the one before has left."""
    container = bundle.create()
    changes = [("--cpu-quota", "30000"), ("--cpu-period", "50000"), ("--pids-limit", "77"), ("--memory", "90M"),
               ("--cpu-share", "500")]
    calls = [bundle.runtime.popen("update", *change, container.id) for change in changes * 3]
    assert [call.wait(timeout=20) for call in calls] == [0] * len(calls)
    state = json.loads(linux.read_text(f"{bundle.runtime.root}/{container.id}/state.json"))
    if bundle.runtime.name == "skiff":
        assert state["resources"]["cpu"] == {"shares": 500, "quota": 30000, "period": 50000}
        assert state["resources"]["pids"] == {"limit": 77} and state["resources"]["memory"] == {"limit": 90 << 20}
    assert container.limit("pids", "pids.max", "pids.max") == "77"


@since(runc="1.5", crun="never")
def test_bad_updates(bundle):
    container = bundle.create()
    for options, text in (
            (("--cpu-share", "x"), 'invalid value for cpu-share: strconv.ParseUint: parsing "x": invalid syntax'),
            (("--memory", "5q"), "invalid value for memory: invalid suffix: 'q'"),
            (("--memory", "m"), "invalid value for memory: invalid size: 'm'"),
            (("--l3-cache-schema", "L3:0=f"), "Intel RDT/CAT: l3 cache schema is not enabled"),
            (("--mem-bw-schema", "MB:0=9"), "Intel RDT/MBA: memory bandwidth schema is not enabled"),
            (("-r", "/no/such/file"), "open /no/such/file: no such file or directory")):
        bundle.runtime.fails(text, "update", *options, container.id)
    bundle.runtime.fails("", "update", "-r", "-", container.id, stdin='{"memory":{"limit":"much"}}')
    bundle.runtime.fails("", "update", "-r", "-", container.id, stdin="")
    container.kill("KILL")
    container.reap()
    bundle.runtime.fails("container not running", "update", "--memory", "90M", container.id)
