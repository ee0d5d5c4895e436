"""`events`: the kernel's numbers under runc's keys."""

import json
import os
import time

from lib import cgroup, each, linux, since, skip
from lib.container import wait_until

VIEWS = ("hybrid", "v1", "v2")

# Every key that runc 1.5 can print (types/events.go there), except below memory.raw.
ENTRY = {"limit", "usage", "max", "failcnt"}
PSI = {kind: {"avg10", "avg60", "avg300", "total"} for kind in ("some", "full")}
BLOCK = {name: {"major", "minor", "op", "value"} for name in (
    "ioServiceBytesRecursive", "ioServicedRecursive", "ioQueueRecursive", "ioServiceTimeRecursive",
    "ioWaitTimeRecursive", "ioMergedRecursive", "ioTimeRecursive", "sectorsRecursive")}
CPUSET = {"cpu_exclusive", "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page",
          "memory_spread_slab", "memory_pressure", "sched_load_balance", "sched_relax_domain_level"}
ALL = {
    "cpu": {"usage": {"total", "percpu", "percpu_kernel", "percpu_user", "kernel", "user"},
            "throttling": {"periods", "throttledPeriods", "throttledTime"}, "psi": PSI},
    "cpuset": CPUSET | {"cpus", "mems"},
    "memory": {"cache": {}, "usage": ENTRY, "swap": ENTRY, "kernel": ENTRY, "kernelTCP": ENTRY, "raw": None, "psi": PSI},
    "pids": {"current", "limit"},
    "blkio": BLOCK | {"psi": PSI},
    "hugetlb": None,
    "intel_rdt": {},
    "network_interfaces": {},
}


def check_keys(value, allowed, where=""):
    if isinstance(value, list):
        for element in value:
            check_keys(element, allowed, where)
    elif isinstance(value, dict) and allowed is not None:
        assert set(value) <= set(allowed), f"{where}: {set(value) - set(allowed)}"
        for name, inner in value.items():
            check_keys(inner, allowed[name] if isinstance(allowed, dict) else {}, f"{where}/{name}")


def statistics(bundle, container):
    line = bundle.runtime.ok("events", "--stats", container.id)
    assert line.endswith("}\n") and line.count("\n") == 1
    assert line.startswith(f'{{"type":"stats","id":"{container.id}","data":{{"cpu":{{'), line
    return json.loads(line)["data"]


@since(runc="1.2", crun="never")
@each(*VIEWS)
def test_keys_are_those_of_runc(view, bundle, layout):
    view(layout)
    container = bundle.start("/bin/sh", "-c", "load burn 100; sleep 100")
    wait_until(container.output, "its answer")
    data = statistics(bundle, container)
    assert list(data) == list(ALL)  # the order, too
    check_keys(data, ALL)
    assert CPUSET <= set(data["cpuset"])
    assert data["network_interfaces"] is None and data["intel_rdt"] == {}
    assert {"kernel", "user", "total"} <= set(data["cpu"]["usage"])
    pressure = os.path.join(container.cgroup("devices"), "cpu.pressure")
    assert ("psi" in data["cpu"]) == (layout == "v2" and os.path.exists(pressure))


def frozen(bundle):
    """A container whose numbers stand still."""
    container = bundle.start("/bin/sh", "-c", "load burn 300; load fork 3")
    wait_until(lambda: len(container.output().split()) == 2, "its answers")
    bundle.runtime.ok("pause", container.id)
    time.sleep(0.4)  # a few periods: the kernel's last words come late
    return container


def keyed(text):
    return {name: int(value) for name, value in (line.split() for line in text.splitlines())}


@each(*VIEWS)
def test_cpu_and_pids_are_the_kernels(view, bundle, layout):
    view(layout)
    if cgroup.has("cpu"):
        bundle.resources["cpu"] = {"quota": 2000, "period": 100000}
    if cgroup.has("pids"):
        bundle.resources["pids"] = {"limit": 15}
    container = frozen(bundle)
    data = statistics(bundle, container)
    if layout == "v2" or cgroup.is_v2("cpu"):
        folder = container.cgroup("devices")
        stat = keyed(linux.read_text(f"{folder}/cpu.stat"))
        assert data["cpu"]["usage"]["total"] == stat["usage_usec"] * 1000
        assert data["cpu"]["usage"]["user"] == stat["user_usec"] * 1000
        assert data["cpu"]["usage"]["kernel"] == stat["system_usec"] * 1000
        throttled = stat.get("throttled_usec", 0) * 1000
    else:
        folder = container.cgroup("cpuacct")
        assert data["cpu"]["usage"]["total"] == int(linux.read_text(f"{folder}/cpuacct.usage"))
        assert data["cpu"]["usage"]["percpu"] == [
            int(word) for word in linux.read_text(f"{folder}/cpuacct.usage_percpu").split()]
        ticks = keyed(linux.read_text(f"{folder}/cpuacct.stat"))
        assert data["cpu"]["usage"]["user"] == ticks["user"] * 10**7
        rows = [line.split() for line in linux.read_text(f"{folder}/cpuacct.usage_all").splitlines()[1:]]
        assert data["cpu"]["usage"]["percpu_user"] == [int(row[1]) for row in rows]
        assert data["cpu"]["usage"]["percpu_kernel"] == [int(row[2]) for row in rows]
        stat = keyed(linux.read_text(f"{container.cgroup('cpu')}/cpu.stat"))
        throttled = stat["throttled_time"]
    if cgroup.has("cpu"):
        assert stat["nr_throttled"] > 0
        assert data["cpu"]["throttling"] == {"periods": stat["nr_periods"], "throttledPeriods": stat["nr_throttled"],
                                             "throttledTime": throttled}
    count = {"current": len(json.loads(bundle.runtime.ok("ps", "-f", "json", container.id)))}
    assert data["pids"] == count | ({"limit": 15} if cgroup.has("pids") else {})


@each(*VIEWS)
def test_memory_is_the_kernels(view, bundle, layout):
    view(layout)
    if not cgroup.has("memory"):
        skip(f"no memory controller in the {layout} view of this machine")
    bundle.resources["memory"] = {"limit": 100 << 20}
    container = frozen(bundle)
    folder = container.cgroup("memory")
    v2 = cgroup.is_v2("memory")
    data = statistics(bundle, container)["memory"]
    names = ("memory.current", "memory.peak", "memory.max") if v2 else (
        "memory.usage_in_bytes", "memory.max_usage_in_bytes", "memory.limit_in_bytes")
    usage, most, top = (int(linux.read_text(f"{folder}/{name}", "0")) for name in names)
    assert data["usage"].get("max", 0) == most
    assert data["usage"]["limit"] == top == 100 << 20
    assert abs(data["usage"]["usage"] - usage) <= 1 << 19  # the kernel gathers it in batches
    raw = keyed(linux.read_text(f"{folder}/memory.stat"))
    assert set(data["raw"]) == set(raw)
    for name in ("pgfault", "anon" if v2 else "rss"):
        assert data["raw"][name] == raw[name]
    assert data.get("cache", 0) == data["raw"]["file" if v2 else "cache"]


@each(*VIEWS)
def test_cpuset_is_the_kernels(view, bundle, layout):
    view(layout)
    if not cgroup.has("cpuset") or cgroup.is_v2("cpuset"):
        skip("only v1 has such statistics")
    bundle.resources["cpu"] = {"cpus": "0", "mems": "0"}
    data = statistics(bundle, bundle.create())["cpuset"]
    assert data["cpus"] == [0] and data["mems"] == [0]
    assert data["sched_load_balance"] == 1 and data["sched_relax_domain_level"] == -1


@since(runc="never", crun="never")
@each(*VIEWS)
def test_hugetlb(view, bundle, layout):
    view(layout)
    if not cgroup.has("hugetlb") or not os.listdir("/sys/kernel/mm/hugepages"):
        skip("no hugetlb controller or no huge pages")
    if layout == "hybrid":
        bundle.resources["hugepageLimits"] = [{"pageSize": "2MB", "limit": 2 << 20}]
    data = statistics(bundle, bundle.create())["hugetlb"]
    assert "2MB" in data and data["2MB"] == {"failcnt": 0}, data


@each(*VIEWS)
def test_interval(view, bundle, folder, layout):
    view(layout)
    if not cgroup.has("memory"):
        skip(f"no memory controller in the {layout} view of this machine")
    container = bundle.start()
    with open(folder / "events", "w", encoding="utf-8") as file:
        events = bundle.runtime.popen("events", "--interval=200ms", container.id, stdout=file)
    time.sleep(1.1)
    container.delete("--force")
    assert events.wait(timeout=5) == 0
    count = linux.read_text(folder / "events").count('{"type":"stats"')
    assert 3 <= count <= 6, count


@since(runc="1.5", crun="never")
def test_mistakes(bundle):
    container = bundle.start("/bin/true")
    bundle.runtime.fails("duration interval must be greater than 0", "events", "--interval", "0s", container.id)
    bundle.runtime.fails('time: unknown unit "x"', "events", "--interval", "5x", container.id)
    container.reap()
    bundle.runtime.fails(f"container with id {container.id} is not running", "events", "--stats", container.id)
    bundle.runtime.fails("container does not exist", "events", "nobody")
