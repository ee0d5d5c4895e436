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


def check_numbers(value, where=""):
    """The types of runc's structs: a Go program refuses a fraction or a sign where it expects a uint64."""
    for name, inner in value.items() if isinstance(value, dict) else [("[]", element) for element in value]:
        if isinstance(inner, (dict, list)):
            check_numbers(inner, f"{where}/{name}")
        elif name in ("avg10", "avg60", "avg300"):
            assert isinstance(inner, (int, float)), f"{where}/{name}: {inner!r}"
        elif name == "op":
            assert isinstance(inner, str), f"{where}/{name}: {inner!r}"
        elif f"{where}/{name}" != "/network_interfaces":
            least = -1 << 63 if name == "sched_relax_domain_level" else 0
            assert type(inner) is int and least <= inner < 1 << 64, f"{where}/{name}: {inner!r}"


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
    check_numbers(data)
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
        bundle.resources["cpu"] = {"quota": 10000, "period": 100000}
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
def test_swap_is_the_kernels(view, bundle, layout):
    """Version 1 counts memory and swap together, version 2 swap alone: the former is what is told."""
    view(layout)
    if not cgroup.has("memory"):
        skip(f"no memory controller in the {layout} view of this machine")
    bundle.resources["memory"] = {"limit": 100 << 20, "swap": 140 << 20}
    container = bundle.create()
    folder = container.cgroup("memory")
    data = statistics(bundle, container)["memory"]
    assert data["swap"]["limit"] == 140 << 20
    if cgroup.is_v2("memory"):
        assert linux.read_text(f"{folder}/memory.swap.max") == str(40 << 20)
        usage = [int(linux.read_text(f"{folder}/memory.{name}")) for name in ("current", "swap.current")]
        assert "kernel" not in data and abs(data["swap"].get("usage", 0) - sum(usage)) <= 1 << 19
    else:
        for key, name in (("swap", "memsw"), ("kernel", "kmem"), ("kernelTCP", "kmem.tcp")):
            for member, file in (("limit", "limit_in_bytes"), ("failcnt", "failcnt")):
                assert data[key][member] == int(linux.read_text(f"{folder}/memory.{name}.{file}"))
            usage = int(linux.read_text(f"{folder}/memory.{name}.usage_in_bytes"))
            assert abs(data[key].get("usage", 0) - usage) <= 1 << 19


def block_entries(folder, v2):
    """(bytes, operations) by the kernel's files, as runc has them."""
    entries = ([], [])
    if v2:
        names = {"rbytes": (0, "Read"), "wbytes": (0, "Write"), "rios": (1, "Read"), "wios": (1, "Write")}
        for line in linux.read_text(f"{folder}/io.stat").splitlines():
            device, *pairs = line.split()
            for name, value in (pair.split("=") for pair in pairs):
                if name in names:
                    kind, op = names[name]
                    entries[kind].append((device, op, int(value)))
        return entries
    for kind, name in enumerate(("io_service_bytes", "io_serviced")):
        text = linux.read_text(f"{folder}/blkio.bfq.{name}_recursive", "")
        if len(text.splitlines()) < 2:
            text = linux.read_text(f"{folder}/blkio.throttle.{name}_recursive")
        for device, op, value in (line.split() for line in text.splitlines() if ":" in line):
            entries[kind].append((device, op, int(value)))
    return entries


@each(*VIEWS)
def test_block_io_is_the_kernels(view, bundle, layout):
    view(layout)
    if not cgroup.has("blkio") and not cgroup.has("io"):
        skip(f"no io controller in the {layout} view of this machine")
    container = bundle.start("/bin/sh", "-c", "load write /file 1048576; sleep 100")
    wait_until(container.output, "its answer")
    data = statistics(bundle, container)["blkio"]
    v2 = not cgroup.has("blkio")
    wanted = block_entries(container.cgroup("io" if v2 else "blkio"), v2)
    found = [[(f"{entry.get('major', 0)}:{entry.get('minor', 0)}", entry["op"], entry.get("value", 0))
              for entry in data.get(name, [])] for name in ("ioServiceBytesRecursive", "ioServicedRecursive")]
    assert found == list(wanted)
    written = [value for _, op, value in found[0] if op == "Write"]
    if not written:
        skip("the files of the tests are on no block device")
    assert max(written) >= 1 << 20


def pressure(file):
    """What a file of pressure says, and of its total the time until now."""
    return {line.split()[0]: {name: float(value) for name, value in (pair.split("=") for pair in line.split()[1:])}
            for line in linux.read_text(file).splitlines()}


@since(runc="1.2", crun="never")
def test_pressure_is_the_kernels(view, bundle):
    view("v2")
    container = bundle.start("/bin/sh", "-c", "load burn 200; sleep 100")
    wait_until(container.output, "its answer")
    folder = container.cgroup("devices")
    if not os.path.exists(f"{folder}/cpu.pressure"):
        skip("this kernel keeps no pressure")
    bundle.runtime.ok("pause", container.id)
    files = {"cpu": "cpu.pressure", "memory": "memory.pressure", "blkio": "io.pressure"}
    before = {name: pressure(f"{folder}/{file}") for name, file in files.items()}
    data = statistics(bundle, container)
    for name, file in files.items():
        after = pressure(f"{folder}/{file}")
        for kind, values in after.items():
            found = data[name]["psi"].get(kind, dict.fromkeys(values, 0))
            assert before[name][kind]["total"] <= found["total"] <= values["total"]
            for average in ("avg10", "avg60", "avg300"):
                ends = sorted((before[name][kind][average], values[average]))
                assert ends[0] <= found[average] <= ends[1], (name, kind, average)


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
    data = statistics(bundle, bundle.create())["hugetlb"]
    assert "2MB" in data and data["2MB"] == {"failcnt": 0}, data


@since(runc="never", crun="never")
@each(*VIEWS)
def test_refused_huge_pages(view, bundle, layout):
    """Counted even where the machine keeps none."""
    view(layout)
    if not cgroup.has("hugetlb") or not os.listdir("/sys/kernel/mm/hugepages"):
        skip("no hugetlb controller or no huge pages")
    bundle.resources["hugepageLimits"] = [{"pageSize": "2MB", "limit": 2 << 20}]
    container = bundle.start("/bin/load", "huge", "2")
    wait_until(container.output, "its answer")
    assert container.output() == "12", container.output()  # ENOMEM
    data = statistics(bundle, container)["hugetlb"]["2MB"]
    if cgroup.is_v2("hugetlb"):
        refused = keyed(linux.read_text(f"{container.cgroup('hugetlb')}/hugetlb.2MB.events"))["max"]
    else:
        refused = int(linux.read_text(f"{container.cgroup('hugetlb')}/hugetlb.2MB.rsvd.failcnt"))
    assert data["failcnt"] == refused, (data, refused)


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
