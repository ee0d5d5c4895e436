"""linux.intelRdt: what is written to the resctrl file system. A tmpfs stands in for it, with the files that its groups
have."""

import os

from lib import each, linux
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
