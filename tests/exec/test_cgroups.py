"""The cgroup of an exec'ed process."""

import os

from lib import cgroup, each, linux, since, skip
from lib.container import wait_until
from lib.execs import Detached, exec_out


def memberships(pid):
    """{controllers: path} of a process."""
    return dict(line.split(":", 2)[1:] for line in linux.read_text(f"/proc/{pid}/cgroup").splitlines())


@each("hybrid", "v1", "v2")
def test_own(bundle, view, layout):
    view(layout)
    container = bundle.start()
    with Detached(container, "sleep", "100") as process:
        # a hierarchy that the view hides is none of the runtime's business
        seen = {names: path for names, path in memberships(process.pid).items()
                if layout != "v2" or names == ""}
        for names, path in seen.items():
            if layout == "v1" and names == "":
                continue
            assert path == memberships(container.pid)[names], names


def test_first_process_is_in_a_sub_cgroup(bundle, view):
    """EBUSY or not: exec goes to the container's cgroup if that takes it, else to where pid 1 is."""
    view("v2")
    container = bundle.start("/bin/sleep", "100")
    base = container.cgroup("devices")
    os.mkdir(f"{base}/init")
    with open(f"{base}/init/cgroup.procs", "w", encoding="ascii") as file:
        file.write(str(container.pid))
    with Detached(container, "sleep", "100") as process:
        assert memberships(process.pid)[""].endswith(os.path.basename(base))
    controllers = linux.read_text(f"{base}/cgroup.controllers").split()
    if not controllers:
        skip("cgroup2 has no controllers here")
    wait_until(lambda: not linux.read_text(f"{base}/cgroup.procs"), "nobody in the cgroup itself")
    with open(f"{base}/cgroup.subtree_control", "w", encoding="ascii") as file:
        file.write("+" + controllers[0])
    with Detached(container, "sleep", "100") as process:
        assert memberships(process.pid)[""].endswith("/init")
    bundle.runtime.fails("device or resource busy", "exec", "--cgroup", "/", container.id, "true", status=255)


def test_cgroup_is_gone(bundle, view):
    """Pid 1 has left for another place, and somebody has removed the old one."""
    view("v2")
    container = bundle.start("/bin/sleep", "100")
    base = container.cgroup("devices")
    other = f"{os.path.dirname(base)}/{os.path.basename(base)}-moved"
    os.mkdir(other)
    try:
        with open(f"{other}/cgroup.procs", "w", encoding="ascii") as file:
            file.write(str(container.pid))
        os.rmdir(base)
        with Detached(container, "sleep", "100") as process:
            assert memberships(process.pid)[""].endswith("-moved")
    finally:
        os.kill(container.pid, 9)
        container.reap()
        os.rmdir(other)


def first_v1(container):
    """(controllers, directory) of a v1 hierarchy."""
    for point, version, names in cgroup.hierarchies():
        if version == 1 and "pids" in names:
            return "pids", container.cgroup("pids")
    return skip("no v1 hierarchies")


def test_sub_cgroup_of_a_controller(bundle):
    container = bundle.start()
    controller, folder = first_v1(container)
    os.mkdir(f"{folder}/below")
    with Detached(container, "sleep", "100", flags=["--cgroup", f"{controller}:below"]) as process:
        seen = memberships(process.pid)
        assert seen[controller].endswith("/below")
        assert seen["memory"] == memberships(container.pid)["memory"]


def test_sub_cgroup_of_all(bundle):
    container = bundle.start()
    first_v1(container)
    folders = {os.path.realpath(container.cgroup(names[0])) for _, version, names in cgroup.hierarchies()
               if version == 1 and names and not names[0].startswith("name=") and names[0] in
               "cpu cpuacct cpuset memory devices freezer blkio pids net_cls perf_event hugetlb".split()}
    own = linux.read_text("/proc/self/cgroup")
    for folder in folders:
        os.mkdir(f"{folder}/below")
        if "cpuset" in folder:
            for name in ("cpuset.cpus", "cpuset.mems"):
                with open(f"{folder}/below/{name}", "w", encoding="ascii") as file:
                    file.write(linux.read_text(f"{folder}/{name}"))
    if "name=systemd" in own:
        os.makedirs(f"/sys/fs/cgroup/systemd{memberships(container.pid)['name=systemd']}/below", exist_ok=True)
    result = bundle.runtime.call("exec", "--cgroup", "below", container.id, "cat", "/proc/self/cgroup")
    assert result.status == 0, result
    assert result.out.count("/below") >= len(folders)


@each(("..", "bad sub cgroup path"), ("whaaat:/", "unknown controller "), ("pids:../..", "bad sub cgroup path"),
      (":x", "empty <controller> prefix"))
def test_bad_sub_cgroup(bundle, path, text):
    container = bundle.start()
    first_v1(container)
    bundle.runtime.fails(text, "exec", "--cgroup", path, container.id, "true", status=255)


def test_missing_sub_cgroup(bundle):
    container = bundle.start()
    first_v1(container)
    for path in ("missing", "pids:missing"):
        result = bundle.runtime.fails(" adding pid ", "exec", "--cgroup", path, container.id, "true", status=255)
        assert "no such file or directory" in result.err


def test_missing_sub_cgroup_v2(bundle, view):
    view("v2")
    container = bundle.start()
    result = bundle.runtime.fails(" cgroup", "exec", "--cgroup", "missing", container.id, "true", status=255)
    assert "no such file or directory" in result.err
    bundle.runtime.fails("bad sub cgroup path", "exec", "--cgroup", "..", container.id, "true", status=255)
    assert exec_out(container, "cat", "/proc/self/cgroup", flags=["--cgroup", "/"]).splitlines()[-1] == "0::/"


@since(runc="1.2", crun="never")
def test_neighbour_whose_name_begins_alike(bundle, view):
    """"../ID2" begins with the text of ".../ID", but is not below it."""
    view("v2")
    container = bundle.start()
    base = container.cgroup("devices")
    os.mkdir(f"{base}2")
    try:
        if bundle.runtime.name != "skiff":
            skip("peers compare the texts")
        bundle.runtime.fails("bad sub cgroup path", "exec", "--cgroup", f"../{os.path.basename(base)}2", container.id,
                             "true", status=255)
    finally:
        os.rmdir(f"{base}2")


def test_sub_cgroup_twice(bundle):
    container = bundle.start()
    bundle.runtime.fails("controller pids specified multiple times", "exec", "--cgroup", "pids:a", "--cgroup",
                         "pids:b", container.id, "true", status=255)
    bundle.runtime.fails("missing <controller>: prefix", "exec", "--cgroup", "a", "--cgroup", "b", container.id, "true",
                         status=255)
