"""A container's cgroup: where it is, what limits it, that it goes."""

import json
import os

from lib import cgroup, each, linux, since, skip

MIB = 1 << 20


def needs(controller):
    if not cgroup.has(controller):
        skip(f"no {controller} controller here")


def number(text):
    return -1 if text in ("max", "9223372036854771712") else int(text)


def test_path_of_the_config(bundle):
    path = f"/{os.environ['SKIFF_TEST_ID']}-mine"
    bundle.linux["cgroupsPath"] = path
    container = bundle.create()
    paths = {line.split(":", 2)[2] for line in linux.read_text(f"/proc/{container.pid}/cgroup").splitlines()}
    assert [found for found in paths if found.endswith(path)], paths


def test_own_path_by_default(bundle):
    container = bundle.create()
    assert container.cgroup("pids").endswith(f"/{container.id}")


def test_removed_on_delete(bundle):
    container = bundle.start()
    assert cgroup.find(container.id)
    container.delete("--force")
    assert cgroup.find(container.id) == []


def test_removed_with_cgroups_that_the_program_made(bundle):
    container = bundle.start()
    for path in cgroup.find(container.id):
        os.makedirs(f"{path}/below/deeper")
    container.delete("--force")
    assert cgroup.find(container.id) == []



def test_removed_with_cgroups_deeper_than_a_path_is_long(bundle):
    """A program that has cgroups of its own can make such as no path leads to, and stay in them."""
    container = bundle.start("sleep", "1000")
    for path in cgroup.find(container.id):
        here = os.open(path, os.O_RDONLY)
        for _ in range(20):
            os.mkdir("x" * 250, dir_fd=here)
            here = os.open("x" * 250, os.O_RDONLY, dir_fd=here)
        file = os.open("cgroup.procs", os.O_WRONLY, dir_fd=here)
        if "cpuset" not in path:
            os.write(file, str(container.pid).encode())
    assert json.loads(bundle.runtime.ok("ps", "--format", "json", container.id)) == [container.pid]
    container.kill("KILL", "--all")
    container.reap()
    container.delete()
    assert cgroup.find(container.id) == []


@each("delete --force", "kill -a KILL", "kill KILL")
def test_killed_in_a_cgroup_that_the_container_has_frozen(bundle, command):
    """Of version 1, where the killed do not die before they thaw."""
    if not cgroup.has("freezer"):
        skip("no freezer of version 1")
    container = bundle.start("sleep", "1000")
    below = os.path.join(cgroup.directory(container.pid, "freezer"), "below")
    os.mkdir(below)
    for file, text in (("cgroup.procs", str(container.pid)), ("freezer.state", "FROZEN")):
        with open(os.path.join(below, file), "w", encoding="ascii") as out:
            out.write(text)
    name, *flags = command.split()
    bundle.runtime.ok(name, *[flag for flag in flags if flag.startswith("-")], container.id,
                      *[flag for flag in flags if not flag.startswith("-")], timeout=5)
    container.reap()
    if name == "kill":
        container.delete()


def test_memory(bundle):
    needs("memory")
    bundle.resources["memory"] = {"limit": 64 * MIB, "reservation": 32 * MIB}
    container = bundle.create()
    assert number(container.limit("memory", "memory.limit_in_bytes", "memory.max")) == 64 * MIB
    assert number(container.limit("memory", "memory.soft_limit_in_bytes", "memory.low")) == 32 * MIB


def test_memory_without_limit(bundle):
    needs("memory")
    bundle.resources["memory"] = {"limit": -1}
    assert number(bundle.create().limit("memory", "memory.limit_in_bytes", "memory.max")) == -1


def test_memory_by_effect(bundle):
    needs("memory")
    bundle.resources["memory"] = {"limit": 24 * MIB}
    result = bundle.try_run("/bin/sh", "-c", "dd if=/dev/zero of=/dev/shm/big bs=1M count=60; exit $?")
    assert result.status in (137, 1), result


def test_swap(bundle):
    needs("memory")
    bundle.resources["memory"] = {"limit": 64 * MIB, "swap": 96 * MIB}
    container = bundle.create()
    folder = container.cgroup("memory")
    name = "memory.swap.max" if cgroup.is_v2("memory") else "memory.memsw.limit_in_bytes"
    if not os.path.exists(f"{folder}/{name}"):
        skip("this kernel does not account swap")
    assert number(linux.read_text(f"{folder}/{name}")) == (32 if cgroup.is_v2("memory") else 96) * MIB


def test_swappiness(bundle):
    needs("memory")
    if cgroup.is_v2("memory"):
        skip("version 2 has no swappiness")
    bundle.resources["memory"] = {"swappiness": 7}
    assert bundle.create().limit("memory", "memory.swappiness", "") == "7"


@each((11, "11"), (-1, "max"))
def test_pids(bundle, value, shown):
    needs("pids")
    bundle.resources["pids"] = {"limit": value}
    assert bundle.create().limit("pids", "pids.max", "pids.max") == shown


def test_pids_by_effect(bundle):
    needs("pids")
    bundle.resources["pids"] = {"limit": 20}
    result = bundle.try_run("/bin/sh", "-c", "i=0; while [ $i -lt 40 ]; do sleep 1 & i=$((i+1)); done; echo all")
    assert "can't fork" in result.err, result


def test_cpu_shares(bundle):
    needs("cpu")
    bundle.resources["cpu"] = {"shares": 512}
    value = int(bundle.create().limit("cpu", "cpu.shares", "cpu.weight"))
    assert value == 512 if not cgroup.is_v2("cpu") else 15 <= value <= 60


def test_cpu_quota(bundle):
    needs("cpu")
    bundle.resources["cpu"] = {"quota": 20000, "period": 50000}
    container = bundle.create()
    if cgroup.is_v2("cpu"):
        assert container.limit("cpu", "", "cpu.max") == "20000 50000"
    else:
        assert container.limit("cpu", "cpu.cfs_quota_us", "") == "20000"
        assert container.limit("cpu", "cpu.cfs_period_us", "") == "50000"


def test_cpuset(bundle):
    needs("cpuset")
    bundle.resources["cpu"] = {"cpus": "0", "mems": "0"}
    container = bundle.create("/bin/report")
    folder = container.cgroup("cpuset")
    assert linux.read_text(f"{folder}/cpuset.cpus") == "0"
    assert linux.read_text(f"{folder}/cpuset.mems") == "0"
    container.start()
    container.reap()
    assert '"affinity":[0]' in container.output()


def test_devices_are_denied(bundle):
    """Reading the disk's node is refused though root owns it; mknod of it is allowed by default."""
    bundle.add_capabilities("CAP_MKNOD")
    result = bundle.try_run("/bin/sh", "-c", "mknod /disk c 1 1 && cat /disk")
    assert result.status != 0 and "Operation not permitted" in result.err, result


@each("m", "rwm")
def test_device_that_a_rule_allows(bundle, access):
    bundle.add_capabilities("CAP_MKNOD", "CAP_SYS_RAWIO")
    bundle.resources["devices"].append({"allow": True, "type": "c", "major": 10, "minor": 229, "access": access})
    result = bundle.try_run("/bin/sh", "-c", "mknod /fuse c 10 229 && : </fuse")
    refused = "Operation not permitted" in result.err
    assert refused == (access == "m"), result


def test_later_device_rule_wins(bundle):
    bundle.resources["devices"] += [{"allow": False, "type": "c", "major": 1, "minor": 5, "access": "r"}]
    result = bundle.try_run("/bin/head", "-c", "1", "/dev/zero")
    assert result.status == 0 or bundle.runtime.name == "skiff" or "not permitted" in result.err, result


def test_all_devices_allowed(bundle):
    bundle.resources["devices"] = [{"allow": True, "access": "rwm"}]
    bundle.add_capabilities("CAP_MKNOD")
    bundle.run("/bin/mknod", "/disk", "b", "7", "250")


@since(runc="1.2", crun="never")
def test_cgroup_that_is_in_use(make_bundle):
    first, second = make_bundle(), make_bundle()
    path = f"/{os.environ['SKIFF_TEST_ID']}-shared"
    first.linux["cgroupsPath"] = second.linux["cgroupsPath"] = path
    first.start("/bin/sleep", "100")
    second.fails("container's cgroup is not empty: 1 process(es) found", "/bin/true")


@since(crun="never")
def test_unified_on_version_1(bundle):
    if cgroup.is_v2("memory"):
        skip("version 2 here")
    bundle.resources["unified"] = {"memory.high": "10000000"}
    bundle.fails("cannot use unified on cgroup v1", "/bin/true")


def test_unified(bundle):
    if not cgroup.is_v2("memory"):
        skip("version 1 here")
    bundle.resources["unified"] = {"memory.high": "50003968", "pids.max": "33"}
    container = bundle.create()
    assert container.limit("memory", "", "memory.high") == "50003968"
    assert container.limit("pids", "", "pids.max") == "33"


def test_bad_value(bundle):
    needs("cpuset")
    bundle.resources["cpu"] = {"cpus": "5000"}
    bundle.fails("", "/bin/true")


def test_no_resources(bundle):
    del bundle.linux["resources"]
    assert bundle.run("/bin/echo", "fine") == "fine"


def test_program_is_in_its_cgroup_from_the_first_instruction(bundle):
    container = bundle.create("/bin/true")
    pids = linux.read_text(f"{container.cgroup('pids')}/cgroup.procs").split()
    assert pids == [str(container.pid)]
