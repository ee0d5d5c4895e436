"""linux.resources: what lifecycle/ does not look at. Values are read inside where they are shown there."""

import os
import subprocess

from lib import cgroup, each, linux, skip

MIB = 1 << 20
VERSION_1 = "/sys/fs/cgroup"


def needs(controller):
    if not cgroup.has(controller):
        skip(f"no {controller} controller here")


def inside(bundle, controller, v1, v2=None):
    """The text of a file of the container's cgroup, as its program reads it."""
    path = f"/sys/fs/cgroup/{v2}" if cgroup.is_v2(controller) else f"/sys/fs/cgroup/{controller}/{v1}"
    return bundle.run("/bin/cat", path)


def root_device():
    """Numbers of a whole disk."""
    for name in sorted(os.listdir("/sys/block")):
        if not name.startswith(("loop", "ram", "zram", "nbd", "dm-")):
            return tuple(map(int, linux.read_text(f"/sys/block/{name}/dev").split(":")))
    skip("no disk here")


# linux.cgroupsPath

@each("/../../x", "a\n")
def test_bad_path(bundle, path):
    """What leaves the hierarchy ends inside of it; what cannot be a path is refused."""
    bundle.linux["cgroupsPath"] = path.replace("x", bundle.new_id())
    result = bundle.try_run("/bin/true")
    assert result.status in (0, 1)
    assert not os.path.exists(os.path.normpath(f"/sys/fs/{path}"))


# linux.resources.devices

def test_type_of_a_device_rule(bundle):
    """1:5 as a block device is another than /dev/zero."""
    bundle.add_capabilities("CAP_MKNOD", "CAP_SYS_RAWIO")
    for kind, allowed in (("c", True), ("b", False), ("a", True)):
        bundle.resources["devices"] = [{"allow": False, "access": "rwm"},
                                       {"allow": True, "type": kind, "major": 10, "minor": 229, "access": "rwm"}
                                       if kind != "a" else {"allow": True, "type": "a", "access": "rwm"}]
        result = bundle.try_run("/bin/sh", "-c", "rm -f /fuse; mknod /fuse c 10 229 && : </fuse")
        assert ("Operation not permitted" not in result.err) == allowed, (kind, result)


# linux.resources.cpu

def test_burst(bundle):
    needs("cpu")
    bundle.resources["cpu"] = {"quota": 20000, "period": 50000, "burst": 10000}
    assert inside(bundle, "cpu", "cpu.cfs_burst_us", "cpu.max.burst") == "10000"


def test_idle(bundle):
    needs("cpu")
    bundle.resources["cpu"] = {"idle": 1}
    assert inside(bundle, "cpu", "cpu.idle", "cpu.idle") == "1"


@each(("burst", {"quota": 20000, "period": 50000, "burst": 30000}), ("idle", {"idle": 7}), ("mems", {"mems": "900"}),
      ("period", {"period": 5}), ("quota", {"quota": 5, "period": 50000}), ("shares", {"shares": 1}))
def test_bad_cpu(bundle, name, values):
    needs("cpuset" if name == "mems" else "cpu")
    if name == "shares" and cgroup.is_v2("cpu"):
        skip("the conversion to a weight takes every number")
    bundle.resources["cpu"] = values
    bundle.fails({"shares": "minimum allowed cpu-shares"}.get(name, "cpu"), "/bin/true")


def test_realtime(bundle):
    needs("cpu")
    bundle.resources["cpu"] = {"realtimePeriod": 500000, "realtimeRuntime": 5000}
    if cgroup.is_v2("cpu"):
        bundle.fails("real-time", "/bin/true")
        return
    if not os.path.exists(f"{VERSION_1}/cpu/cpu.rt_runtime_us"):
        skip("no real-time group scheduling in this kernel")
    assert inside(bundle, "cpu", "cpu.rt_period_us") == "500000"
    assert inside(bundle, "cpu", "cpu.rt_runtime_us") == "5000"


def test_bad_realtime(bundle):
    needs("cpu")
    bundle.resources["cpu"] = {"realtimePeriod": 500000, "realtimeRuntime": 600000}
    bundle.fails("", "/bin/true")


# linux.resources.memory

@each(("limit", {"limit": -7}), ("swap", {"limit": 64 * MIB, "swap": 32 * MIB}), ("swappiness", {"swappiness": 101}))
def test_bad_memory(bundle, name, values):
    needs("memory")
    bundle.resources["memory"] = values
    bundle.fails({"swappiness": "swappiness"}.get(name, "memory"), "/bin/true")


@each("kernel", "kernelTCP")
def test_kernel_memory(bundle, name):
    """Limits that Linux 5.16 has dropped: what the kernel does not take any more is refused."""
    needs("memory")
    file = {"kernel": "memory.kmem.limit_in_bytes", "kernelTCP": "memory.kmem.tcp.limit_in_bytes"}[name]
    bundle.resources["memory"] = {name: 16 * MIB}
    if name == "kernel" or cgroup.is_v2("memory") or not os.path.exists(f"{VERSION_1}/memory/{file}"):
        bundle.fails("kernel memory" if cgroup.is_v2("memory") else file, "/bin/true")
        return
    assert inside(bundle, "memory", file) == str(16 * MIB)


def test_oom_killer(bundle):
    needs("memory")
    bundle.resources["memory"] = {"limit": 64 * MIB, "disableOOMKiller": True}
    if cgroup.is_v2("memory"):
        bundle.fails("OOM killer", "/bin/true")
        return
    assert "oom_kill_disable 1" in inside(bundle, "memory", "memory.oom_control")
    bundle.resources["memory"]["disableOOMKiller"] = False
    assert "oom_kill_disable 0" in inside(bundle, "memory", "memory.oom_control")


def test_hierarchy(bundle):
    """Accounting of what is below is the only way left in both versions."""
    needs("memory")
    bundle.resources["memory"] = {"useHierarchy": True}
    if cgroup.is_v2("memory"):
        bundle.run("/bin/true")
        return
    assert inside(bundle, "memory", "memory.use_hierarchy") == "1"


def test_no_hierarchy(bundle):
    needs("memory")
    bundle.resources["memory"] = {"useHierarchy": False}
    bundle.fails("use_hierarchy" if not cgroup.is_v2("memory") else "useHierarchy", "/bin/true")


def test_check_before_update(bundle, folder):
    """A cgroup that is charged with more already, by files in a tmpfs."""
    needs("memory")
    point = "/sys/fs/cgroup" if cgroup.is_v2("memory") else f"{VERSION_1}/memory"
    path = f"/{bundle.new_id()}-used"
    os.mkdir(point + path)
    bundle.linux["cgroupsPath"] = path
    (folder / "data").mkdir()
    linux.mount("tmpfs", folder / "data", "tmpfs")
    script = f"echo $$ >{point}{path}/cgroup.procs; exec dd if=/dev/zero of={folder}/data/file bs=1M count=24"
    subprocess.run(["/bin/sh", "-c", script], check=True, capture_output=True)
    bundle.resources["memory"] = {"limit": 8 * MIB, "checkBeforeUpdate": True}
    before = linux.read_text("/proc/swaps").count("\n")
    try:
        if before and not cgroup.is_v2("memory"):
            skip("version 1 would swap it out")
        bundle.fails("rejecting memory limit" if cgroup.is_v2("memory") else
                     f"unable to set memory limit to {8 * MIB} (current usage", "/bin/true")
        bundle.resources["memory"]["limit"] = 64 * MIB
        bundle.run("/bin/true")
    finally:
        linux.unmount(folder / "data")
        cgroup.remove(point + path)


# linux.resources.blockIO

def needs_io_weights(bundle):
    """Skips where version 2 keeps no weights, neither BFQ's nor the cost model's."""
    needs("io" if cgroup.is_v2("memory") else "blkio")
    if cgroup.is_v2("memory"):
        container = bundle.create()
        names = os.listdir(container.cgroup("io"))
        container.delete()
        if not {"io.weight", "io.bfq.weight"} & set(names):
            skip("this kernel knows no weights of disks")


def test_io_weight(bundle):
    needs_io_weights(bundle)
    bundle.resources["blockIO"] = {"weight": 123}
    if cgroup.is_v2("memory"):
        container = bundle.create()
        folder = container.cgroup("io")
        if os.path.exists(f"{folder}/io.bfq.weight"):
            assert linux.read_text(f"{folder}/io.bfq.weight").split("\n")[0].split()[-1] == "123"
        else:
            assert linux.read_text(f"{folder}/io.weight").split()[-1] == str(1 + (123 - 10) * 9999 // 990)
        return
    name = "blkio.weight" if os.path.exists(f"{VERSION_1}/blkio/blkio.weight") else "blkio.bfq.weight"
    assert inside(bundle, "blkio", name).split()[-1] == "123"


def test_bad_io_weight(bundle):
    needs("io" if cgroup.is_v2("memory") else "blkio")
    bundle.resources["blockIO"] = {"weight": 60000}
    bundle.fails("weight", "/bin/true")


def test_io_weight_of_a_device(bundle):
    """Only a disk with the scheduler BFQ has one; others refuse it, and that is told."""
    needs_io_weights(bundle)
    major, minor = root_device()
    bundle.resources["blockIO"] = {"weightDevice": [{"major": major, "minor": minor, "weight": 321}]}
    result = bundle.try_run("/bin/true")
    if result.status == 0:
        shown = inside(bundle, "io" if cgroup.is_v2("memory") else "blkio", "blkio.bfq.weight_device", "io.bfq.weight")
        assert f"{major}:{minor} 321" in shown.split("\n")
    else:
        wanted = "3142" if "/io.weight" in result.error else "321"  # of a thousand steps, or of ten thousand
        assert f'"{major}:{minor} {wanted}"' in result.error, result


def test_leaf_weight(bundle):
    """It went from Linux with the scheduler CFQ, in 5.0, and version 2 never had it."""
    needs("io" if cgroup.is_v2("memory") else "blkio")
    if os.path.exists(f"{VERSION_1}/blkio/blkio.leaf_weight"):
        bundle.resources["blockIO"] = {"leafWeight": 123}
        assert inside(bundle, "blkio", "blkio.leaf_weight") == "123"
        return
    major, minor = root_device()
    for block_io in ({"leafWeight": 123}, {"weightDevice": [{"major": major, "minor": minor, "leafWeight": 123}]}):
        bundle.resources["blockIO"] = block_io
        bundle.fails("leaf", "/bin/true")


THROTTLES = {"throttleReadBpsDevice": ("read_bps", "rbps"), "throttleReadIOPSDevice": ("read_iops", "riops"),
             "throttleWriteBpsDevice": ("write_bps", "wbps"), "throttleWriteIOPSDevice": ("write_iops", "wiops")}


@each(*THROTTLES)
def test_throttle(bundle, name):
    needs("io" if cgroup.is_v2("memory") else "blkio")
    major, minor = root_device()
    bundle.resources["blockIO"] = {name: [{"major": major, "minor": minor, "rate": 54321}]}
    v1, v2 = THROTTLES[name]
    shown = inside(bundle, "io" if cgroup.is_v2("memory") else "blkio", f"blkio.throttle.{v1}_device", "io.max")
    assert shown.startswith(f"{major}:{minor} ")
    assert f"{v2}=54321" in shown if cgroup.is_v2("memory") else shown.endswith(" 54321")


@each(*THROTTLES, "weightDevice")
def test_bad_io_device(bundle, name):
    if name == "weightDevice":
        needs_io_weights(bundle)
    needs("io" if cgroup.is_v2("memory") else "blkio")
    value = {"weight": 100} if name == "weightDevice" else {"rate": 54321}
    bundle.resources["blockIO"] = {name: [{"major": 4000, "minor": 4000} | value]}
    bundle.fails("4000:4000", "/bin/true")


# linux.resources.hugepageLimits

def test_huge_pages(bundle):
    needs("hugetlb")
    size = next((size for size in ("2MB", "1GB") if os.path.exists(f"/sys/kernel/mm/hugepages/hugepages-"
                                                                   f"{2048 if size == '2MB' else 1048576}kB")), None)
    if size is None:
        skip("no huge pages here")
    bundle.resources["hugepageLimits"] = [{"pageSize": size, "limit": 4 << 30}]
    container = bundle.create()
    for kind in ("", "rsvd."):  # for what is used and for what is reserved
        assert container.limit("hugetlb", f"hugetlb.{size}.{kind}limit_in_bytes", f"hugetlb.{size}.{kind}max") \
            == str(4 << 30)


def test_unknown_page_size(bundle):
    bundle.resources["hugepageLimits"] = [{"pageSize": "3MB", "limit": 0}]
    bundle.fails("hugetlb", "/bin/true")


# linux.resources.network

def show_network_controllers(folder):
    """Shows the test net_cls and net_prio as version 1, which the kernel has where nothing else uses them."""
    if cgroup.is_v2("memory"):
        skip("version 1 only")
    stage = folder / "cgroup"
    stage.mkdir()
    linux.mount("tmpfs", stage, "tmpfs", data="mode=755")
    for point, _, _ in cgroup.hierarchies():
        (stage / os.path.basename(point)).mkdir()
        linux.mount(point, stage / os.path.basename(point), flags=linux.MS_MOVE)
    (stage / "net_cls,net_prio").mkdir()
    try:
        linux.mount("cgroup", stage / "net_cls,net_prio", "cgroup", data="net_cls,net_prio")
    except OSError as error:
        skip(f"no net_cls and net_prio here: {error}")
    linux.unmount("/sys/fs/cgroup")
    linux.mount(stage, "/sys/fs/cgroup", flags=linux.MS_MOVE)


def test_network_class(bundle, folder):
    show_network_controllers(folder)
    bundle.resources["network"] = {"classID": 0x100002}
    assert bundle.run("/bin/cat", "/sys/fs/cgroup/net_cls,net_prio/net_cls.classid") == str(0x100002)


def test_network_priorities(bundle, folder):
    show_network_controllers(folder)
    bundle.resources["network"] = {"priorities": [{"name": "lo", "priority": 77}]}
    shown = bundle.run("/bin/cat", "/sys/fs/cgroup/net_cls,net_prio/net_prio.ifpriomap")
    assert "lo 77" in shown.split("\n")


def test_priority_of_an_unknown_interface(bundle, folder):
    show_network_controllers(folder)
    bundle.resources["network"] = {"priorities": [{"name": "nosuch0", "priority": 1}]}
    bundle.fails("nosuch0", "/bin/true")


@each({"classID": 5}, {"priorities": [{"name": "lo", "priority": 1}]})
def test_no_network_class(bundle, network):
    if cgroup.has("net_cls"):
        skip("net_cls is mounted here")
    bundle.resources["network"] = network
    bundle.fails("net", "/bin/true")


# linux.resources.rdma

def test_rdma(bundle):
    """No machine of ours has such a device, most not even the controller: an unknown device is refused either way."""
    bundle.resources["rdma"] = {"mlx5_nosuch": {"hcaHandles": 3, "hcaObjects": 10000}}
    bundle.fails("rdma", "/bin/true")


# linux.resources.unified

def test_unified(bundle, view):
    view("v2")
    needs("hugetlb")
    bundle.resources["unified"] = {"hugetlb.2MB.max": str(8 * MIB), "cgroup.max.descendants": "3"}
    assert bundle.run("/bin/cat", "/sys/fs/cgroup/hugetlb.2MB.max") == str(8 * MIB)
    assert bundle.run("/bin/cat", "/sys/fs/cgroup/cgroup.max.descendants") == "3"


@each(({"nosuch.max": "1"}, "nosuch"), ({"../cgroup.procs": "1"}, "must be a file name (no slashes)"),
      ({"cgroup.max.depth": "x"}, "cgroup.max.depth"))
def test_bad_unified(bundle, view, values, text):
    view("v2")
    bundle.resources["unified"] = values
    bundle.fails(text, "/bin/true")
