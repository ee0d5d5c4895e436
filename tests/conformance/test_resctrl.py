"""linux.intelRdt: what is written to the resctrl file system. A tmpfs stands in for it, with the files that its groups
have."""

import json
import os
import shutil

from lib import each, linux, since
from lib.container import wait_until

ROOT = "/sys/fs/resctrl"


def show_resctrl(folder):
    """A tree at /sys/fs/resctrl, in the test's mount namespace only."""
    stage = folder / "fs"
    stage.mkdir()
    linux.mount("sysfs", stage, "tmpfs")
    (stage / "resctrl").mkdir()
    (stage / "cgroup").mkdir()
    linux.mount("/sys/fs/cgroup", stage / "cgroup", flags=linux.MS_MOVE)
    linux.mount(stage, "/sys/fs", flags=linux.MS_MOVE)
    for name in ("info/L3", "info/MB", "info/L3_MON", "mon_groups"):
        os.makedirs(f"{ROOT}/{name}")
    for name in ("tasks", "schemata"):
        open(f"{ROOT}/{name}", "w", encoding="ascii").close()


def put(path, text):
    """A file of the stand-in, below its root."""
    os.makedirs(os.path.dirname(f"{ROOT}/{path}"), exist_ok=True)
    with open(f"{ROOT}/{path}", "w", encoding="ascii") as file:
        file.write(f"{text}\n")


def empty_groups():
    """The kernel's files go with their directory; in the stand-in they must go first."""
    for folder, _, files in os.walk(ROOT):
        for name in files if folder != ROOT else ():
            os.unlink(os.path.join(folder, name))


def read(*path):
    return linux.read_text(os.path.join(ROOT, *path))


@each(("l3CacheSchema", "L3:0=f", "L3:0=f"), ("memBwSchema", "MB:0=20;1=70", "MB:0=20;1=70"),
      ("schemata", ["L3CODE:0=f", "L2:0=3"], "L3CODE:0=f\nL2:0=3"))
def test_schemata(bundle, folder, member, value, written):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {member: value}
    container = bundle.create()
    assert read(container.id, "schemata") == written
    assert read(container.id, "tasks") == str(container.pid)
    empty_groups()


def test_all_schemata_together(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"schemata": ["L2:0=3"], "memBwSchema": "MB:0=20", "l3CacheSchema": "L3:0=f"}
    container = bundle.create()
    assert read(container.id, "schemata") == "L3:0=f\nMB:0=20\nL2:0=3"
    assert not os.path.exists(f"{ROOT}/{container.id}/mon_groups")
    empty_groups()


def test_group_of_a_name(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"closID": "guaranteed", "l3CacheSchema": "L3:0=f"}
    container = bundle.create()
    assert read("guaranteed", "schemata") == "L3:0=f" and read("guaranteed", "tasks") == str(container.pid)
    assert not os.path.exists(f"{ROOT}/{container.id}")


def test_group_that_exists(bundle, folder):
    show_resctrl(folder)
    os.mkdir(f"{ROOT}/mine")
    bundle.linux["intelRdt"] = {"closID": "mine"}
    container = bundle.create()
    assert read("mine", "tasks") == str(container.pid)
    container.delete()
    assert os.path.isdir(f"{ROOT}/mine"), "others may be in it"


def test_root_group(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"closID": "/"}
    container = bundle.create()
    assert read("tasks") == str(container.pid)
    container.delete()
    assert os.path.isdir(ROOT)


def test_monitoring(bundle, folder):
    show_resctrl(folder)
    os.makedirs(f"{ROOT}/mine/mon_groups")
    bundle.linux["intelRdt"] = {"closID": "mine", "enableMonitoring": True}
    container = bundle.create()
    assert read("mine", "mon_groups", container.id, "tasks") == str(container.pid)
    empty_groups()
    container.delete()
    assert os.listdir(f"{ROOT}/mine/mon_groups") == []


def test_group_goes_with_the_container(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    container = bundle.create()
    assert os.path.isdir(f"{ROOT}/{container.id}")
    empty_groups()
    container.delete()
    wait_until(lambda: not os.path.exists(f"{ROOT}/{container.id}"))


def test_group_that_exists_with_other_schemata(bundle, folder):
    show_resctrl(folder)
    os.mkdir(f"{ROOT}/mine")
    with open(f"{ROOT}/mine/schemata", "w", encoding="ascii") as file:
        file.write("    L3:0=0f;1=3\n    MB:0=100\n")
    bundle.linux["intelRdt"] = {"closID": "mine", "l3CacheSchema": "L3:1=3;0=f"}
    bundle.run("/bin/true")
    bundle.linux["intelRdt"]["l3CacheSchema"] = "L3:0=ff"
    bundle.fails("exists with other schemata: L3 of domain 0 is not ff", "/bin/true")


def test_failed_start_leaves_no_group(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"schemata": ["L3:0=f"]}
    empty = f"rm -f {ROOT}/skiff-test*/tasks {ROOT}/skiff-test*/schemata"
    bundle.add_hook("createRuntime", "/bin/sh", "-c", f"{empty}; exit 1")
    bundle.fails("createRuntime", "/bin/true")
    assert not [name for name in os.listdir(ROOT) if name.startswith("skiff-test")]


def test_missing_group(bundle, folder):
    """Without schemata of its own a named group must be there already."""
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"closID": "absent"}
    bundle.fails("absent", "/bin/true")
    assert not os.path.exists(f"{ROOT}/absent")


def test_no_resctrl(bundle):
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    bundle.fails("intelRdt is specified in config, but", "/bin/true")


def test_nothing_is_touched_when_not_asked_for(bundle, folder):
    show_resctrl(folder)
    before = sorted(os.listdir(ROOT))
    bundle.create()
    assert sorted(os.listdir(ROOT)) == before and read("tasks") == ""


def test_line_with_a_newline(bundle):
    bundle.linux["intelRdt"] = {"schemata": ["L3:0=f\nMB:0=20"]}
    bundle.fails("linux.intelRdt.schemata[0]: expected one line", "/bin/true")


@each("..", ".", "a/b", "../x")
def test_bad_name(bundle, name):
    bundle.linux["intelRdt"] = {"closID": name}
    bundle.fails("invalid intelRdt.ClosID", "/bin/true")


@each("L3:0=f", "MB:0=20\nL3:0=f")
def test_bad_bandwidth(bundle, text):
    bundle.linux["intelRdt"] = {"memBwSchema": text}
    bundle.fails('linux.intelRdt.memBwSchema: expected one line that begins with "MB:"', "/bin/true")


def statistics(bundle, container):
    return json.loads(bundle.runtime.ok("events", "--stats", container.id))["data"]["intel_rdt"]


def fill(group):
    """What the kernel shows of two domains, and in them of the group."""
    for name, value in {"L3/cbm_mask": "fffff", "L3/min_cbm_bits": 2, "L3/num_closids": 16, "MB/bandwidth_gran": 10,
                        "MB/delay_linear": 1, "MB/min_bandwidth": 10, "MB/num_closids": 8}.items():
        put(f"info/{name}", value)
    put("schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff")
    put(f"{group}/schemata", "    MB:0=20;1=100\n    L3:0=0000f;1=fffff")
    for domain, factor in (("00", 1), ("01", 10)):
        for name, value in {"mbm_total_bytes": 300, "mbm_local_bytes": 200, "llc_occupancy": 4096}.items():
            put(f"{group}/mon_data/mon_L3_{domain}/{name}", value * factor)
    put(f"{group}/mon_data/mon_PERF_PKG_00/core_energy", "1.5")


INFO = {
    "l3_cache_info": {"cbm_mask": "fffff", "min_cbm_bits": 2, "num_closids": 16},
    "l3_cache_schema_root": "L3:0=fffff;1=fffff",
    "l3_cache_schema": "L3:0=0000f;1=fffff",
    "mem_bw_info": {"bandwidth_gran": 10, "delay_linear": 1, "min_bandwidth": 10, "num_closids": 8},
    "mem_bw_schema_root": "MB:0=100;1=100",
    "mem_bw_schema": "MB:0=20;1=100",
    "schemata": ["MB:0=20;1=100", "    L3:0=0000f;1=fffff"],
}
TRAFFIC = [{"mbm_total_bytes": 300, "mbm_local_bytes": 200}, {"mbm_total_bytes": 3000, "mbm_local_bytes": 2000}]
OCCUPANCY = [{"llc_occupancy": 4096}, {"llc_occupancy": 40960}]


@since(crun="never")
@each(("mbm_total_bytes\nmbm_local_bytes\nllc_occupancy", {"mbm_stats": TRAFFIC, "cmt_stats": OCCUPANCY}),
      ("mbm_local_bytes", {"mbm_stats": [entry | {"mbm_total_bytes": 0} for entry in TRAFFIC]}),
      ("llc_occupancy", {"cmt_stats": OCCUPANCY}), ("mbm_total_bytes_config", {}))
def test_statistics(bundle, folder, features, more):
    """`events --stats`, key for key and in the order of runc's types/events.go."""
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    container = bundle.create()
    fill(container.id)
    put("info/L3_MON/mon_features", features)
    found = statistics(bundle, container)
    assert found == INFO | more
    assert list(found) == list(INFO | more)
    shutil.rmtree(f"{ROOT}/{container.id}")


@since(crun="never")
def test_statistics_of_the_monitoring_group(bundle, folder):
    show_resctrl(folder)
    for name in ("info/L3", "info/MB"):
        os.rmdir(f"{ROOT}/{name}")
    os.makedirs(f"{ROOT}/mine/mon_groups")
    bundle.linux["intelRdt"] = {"closID": "mine", "enableMonitoring": True}
    container = bundle.create()
    put("info/L3_MON/mon_features", "llc_occupancy")
    put("mine/schemata", "L3:0=f")
    put(f"mine/mon_groups/{container.id}/mon_data/mon_L3_00/llc_occupancy", 77)
    assert statistics(bundle, container) == {"schemata": ["L3:0=f"], "cmt_stats": [{"llc_occupancy": 77}]}
    shutil.rmtree(f"{ROOT}/mine")


@since(crun="never")
def test_statistics_that_cannot_be_read(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    container = bundle.create()
    fill(container.id)
    put("info/L3/num_closids", "many")
    bundle.runtime.fails('unable to get container Intel RDT stats: unable to parse "many" as a uint from file "', "events",
                         "--stats", container.id)
    shutil.rmtree(f"{ROOT}/{container.id}")


@since(crun="never")
@each("closID", "own")
def test_update(bundle, folder, kind):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"} | ({"closID": "mine"} if kind == "closID" else {})
    container = bundle.create()
    group = "mine" if kind == "closID" else container.id
    bundle.runtime.ok("update", "--l3-cache-schema", "L3:0=3", "--mem-bw-schema", "MB:0=30", container.id)
    assert read(group, "schemata") == "L3:0=3\nMB:0=30"
    bundle.runtime.ok("update", "--mem-bw-schema", "MB:0=40", container.id)
    assert read(group, "schemata") == "MB:0=40"
    shutil.rmtree(f"{ROOT}/{group}")


@since(runc="never", crun="never")
def test_update_that_fails_changes_nothing(bundle, folder):
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f"}
    container = bundle.create()
    change = json.dumps({"devices": [{"allow": True, "type": "x", "access": "r"}]})
    bundle.runtime.fails('invalid cgroup device type "x"', "update", "--l3-cache-schema", "L3:0=3", "-r", "-",
                         container.id, stdin=change)
    change = json.dumps({"unified": {"no.such": "1"}} if os.path.exists("/sys/fs/cgroup/cgroup.procs") else
                        {"blockIO": {"throttleReadBpsDevice": [{"major": 4000, "minor": 4000, "rate": 1}]}})
    result = bundle.runtime.call("update", "--l3-cache-schema", "L3:0=3", "-r", "-", container.id, stdin=change)
    assert result.status == 1, result
    assert read(container.id, "schemata") == "L3:0=f"
    shutil.rmtree(f"{ROOT}/{container.id}")


@since(crun="never")
def test_update_without_a_group(bundle, folder):
    show_resctrl(folder)
    container = bundle.create()
    bundle.runtime.fails("updating a non-existent Intel RDT configuration is not supported", "update",
                         "--l3-cache-schema", "L3:0=3", container.id)
    os.rmdir(f"{ROOT}/info/L3")
    bundle.runtime.fails("Intel RDT/CAT: l3 cache schema is not enabled", "update", "--l3-cache-schema", "L3:0=3",
                         container.id)


@since(runc="never", crun="never")
@each((None, "own", True), ("mine", "monitoring", True), (None, "own", False))
def test_leftovers_of_a_killed_start(bundle, folder, name, _what, is_empty):
    """What is there of a create that was killed before it had written its record. A group that somebody is in is not
    of its making."""
    show_resctrl(folder)
    bundle.linux["intelRdt"] = {"l3CacheSchema": "L3:0=f", "enableMonitoring": True} | ({"closID": name} if name else {})
    bundle.write()
    container_id = bundle.new_id()
    os.makedirs(f"{bundle.runtime.root}/{container_id}")
    shutil.copy(f"{bundle.path}/config.json", f"{bundle.runtime.root}/{container_id}/config.json")
    group = f"{ROOT}/{name or container_id}"
    if name:
        os.makedirs(f"{group}/mon_groups/{container_id}")
    else:
        os.mkdir(group)
    if not is_empty:
        put(f"{container_id}/tasks", os.getpid())
    bundle.runtime.ok("delete", "--force", container_id)
    assert bundle.runtime.ids() == []
    assert os.path.isdir(group) == (name is not None or not is_empty)
    assert not os.path.exists(f"{group}/mon_groups/{container_id}")
