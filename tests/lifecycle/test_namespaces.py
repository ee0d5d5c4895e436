"""New namespaces, the runtime's own, and joined ones."""

import os
import shutil

from lib import each, linux, since, skip

SIMPLE = ["pid", "network", "ipc", "uts", "mount", "cgroup"]


def needs(kind):
    if not os.path.exists(f"/proc/self/ns/{linux.NAMESPACES[kind]}"):
        skip(f"this kernel has no {kind} namespaces")


@each(*SIMPLE)
def test_new(bundle, kind):
    seen = bundle.report()["namespaces"]
    assert seen[linux.NAMESPACES[kind]] != linux.namespace("self", kind)


@each("pid", "network", "ipc", "uts", "cgroup")
def test_not_asked_for_is_the_runtimes(bundle, kind):
    bundle.drop_namespace(kind)
    if kind == "uts":
        del bundle.config["hostname"]
    if kind in ("network", "ipc"):
        bundle.drop_mounts("/sys")
        bundle.drop_mounts("/dev/mqueue")
    container = bundle.start()
    assert container.namespace(kind) == linux.namespace("self", kind)


def test_no_mount_namespace(bundle):
    """All is mounted in the runtime's own, and left there, as with runc."""
    bundle.drop_namespace("mount")
    bundle.linux.update(maskedPaths=[], readonlyPaths=[])
    bundle.config["root"]["readonly"] = True
    try:
        seen = bundle.report()
        assert seen["namespaces"]["mnt"] == linux.namespace("self", "mount")
        here = {point.target: point for point in linux.mounts()}
        assert here[f"{bundle.rootfs}/proc"].kind == "proc" and "ro" in here[bundle.rootfs].options
        assert not here[f"{bundle.rootfs}/dev"].propagation
        container = bundle.start()
        out = bundle.runtime.ok("exec", container.id, "/bin/sh", "-c", "pwd; test -c /dev/null && echo null")
        assert out.split() == ["/", "null"]
    finally:
        for _ in range(2):
            linux.try_unmount(bundle.rootfs)


@each("pid", "network", "ipc", "uts", "cgroup")
def test_join_by_path(make_bundle, kind):
    first, second = make_bundle(), make_bundle()
    sandbox = first.start()
    second.set_namespace(kind, f"/proc/{sandbox.pid}/ns/{linux.NAMESPACES[kind]}")
    if kind == "uts":
        del second.config["hostname"]
    container = second.start()
    assert container.namespace(kind) == sandbox.namespace(kind)
    others = set(SIMPLE) - {kind}
    assert not [other for other in others if container.namespace(other) == sandbox.namespace(other)]


def test_join_a_pod(make_bundle):
    """As Kubernetes does: network, ipc and uts of the sandbox, the rest new."""
    first, second = make_bundle(), make_bundle()
    first.config["hostname"] = "pod"
    sandbox = first.start()
    for kind in ("network", "ipc", "uts"):
        second.set_namespace(kind, f"/proc/{sandbox.pid}/ns/{linux.NAMESPACES[kind]}")
    del second.config["hostname"]
    seen = second.report()
    assert seen["hostname"] == "pod" and seen["pid"] == 1
    for kind in ("network", "ipc", "uts"):
        assert seen["namespaces"][linux.NAMESPACES[kind]] == sandbox.namespace(kind)


def test_join_pid_is_not_pid_1(make_bundle):
    first, second = make_bundle(), make_bundle()
    sandbox = first.start()
    second.set_namespace("pid", f"/proc/{sandbox.pid}/ns/pid")
    assert second.report()["pid"] > 1


def test_join_a_bound_namespace(make_bundle, folder):
    """A namespace kept by a bind mount, as CNI does, outlives its process."""
    first, second = make_bundle(), make_bundle()
    sandbox = first.start()
    (folder / "netns").touch()
    linux.bind(f"/proc/{sandbox.pid}/ns/net", folder / "netns")
    inode = sandbox.namespace("network")
    sandbox.delete("--force")
    second.set_namespace("network", str(folder / "netns"))
    assert second.report()["namespaces"]["net"] == inode


def test_join_of_the_wrong_type(make_bundle):
    first, second = make_bundle(), make_bundle()
    sandbox = first.start()
    second.set_namespace("network", f"/proc/{sandbox.pid}/ns/ipc")
    result = second.try_run("/bin/true")
    assert result.status == 1 and result.err, result


def test_join_a_missing_path(bundle):
    bundle.set_namespace("network", "/no/such/namespace")
    bundle.fails("/no/such/namespace: no such file or directory", "/bin/true")


@since(runc="1.2")
def test_join_user(make_bundle):
    first, second = make_bundle(), make_bundle()
    first.map_users()
    sandbox = first.start()
    second.map_users()
    second.set_namespace("user", f"/proc/{sandbox.pid}/ns/user")
    del second.linux["uidMappings"], second.linux["gidMappings"]
    container = second.start()
    assert container.namespace("user") == sandbox.namespace("user")
    assert os.stat(f"/proc/{container.pid}").st_uid == 100000


@since(runc="1.2")
def test_join_a_pod_with_its_user_namespace(make_bundle):
    first, second = make_bundle(), make_bundle()
    first.map_users()
    sandbox = first.start()
    second.map_users()
    del second.linux["uidMappings"], second.linux["gidMappings"], second.config["hostname"]
    for kind in ("user", "network", "ipc", "uts"):
        second.set_namespace(kind, f"/proc/{sandbox.pid}/ns/{linux.NAMESPACES[kind]}")
    container = second.start()
    for kind in ("user", "network", "ipc", "uts"):
        assert container.namespace(kind) == sandbox.namespace(kind)


@since(runc="1.2", crun="1.9")
def test_time(bundle):
    needs("time")
    bundle.set_namespace("time")
    bundle.linux["timeOffsets"] = {"monotonic": {"secs": 7881, "nanosecs": 2718281}, "boottime": {"secs": 1337}}
    out = bundle.run("/bin/cat", "/proc/self/timens_offsets")
    assert [line.split() for line in out.splitlines()] == [["monotonic", "7881", "2718281"], ["boottime", "1337", "0"]]


@since(runc="1.2", crun="1.9")
def test_time_without_offsets(bundle):
    needs("time")
    bundle.set_namespace("time")
    assert bundle.report()["namespaces"]["time"] != linux.namespace("self", "time")


@since(runc="1.2", crun="1.9")
def test_time_join(make_bundle):
    needs("time")
    first, second = make_bundle(), make_bundle()
    first.set_namespace("time")
    first.linux["timeOffsets"] = {"boottime": {"secs": 4242}}
    sandbox = first.start()
    second.set_namespace("time", f"/proc/{sandbox.pid}/ns/time")
    assert second.report()["namespaces"]["time"] == sandbox.namespace("time")


@since(runc="never", crun="never")
def test_time_and_user_are_made_off_the_launchpad(bundle):
    needs("time")
    bundle.map_users()
    bundle.set_namespace("time")
    bundle.runtime.flags.append("--debug")
    assert "clone from the own mount namespace" in bundle.try_run("/bin/true").err


@since(runc="1.2", crun="never")
def test_time_and_user_join(make_bundle):
    """A time namespace belongs to the user namespace of its container, so that others there may join it."""
    needs("time")
    first, second = make_bundle(), make_bundle()
    first.map_users()
    second.map_users()
    first.set_namespace("time")
    first.linux["timeOffsets"] = {"boottime": {"secs": 4242}, "monotonic": {"secs": 17}}
    sandbox = first.start()
    for kind in ("user", "time"):
        second.set_namespace(kind, f"/proc/{sandbox.pid}/ns/{kind}")
    second.linux.update(uidMappings=[], gidMappings=[])
    out = second.run("/bin/cat", "/proc/self/timens_offsets")
    assert out.split() == ["monotonic", "17", "0", "boottime", "4242", "0"]


@since(runc="never", crun="never")
def test_init_is_faster_than_who_made_it(make_bundle, view):
    """Whoever clones init in a joined user namespace may come to tell of it only when init has spoken already."""
    if not shutil.which("strace"):
        skip("no strace")
    view("v2")  # on v1 init waits for the runtime first
    first, second = make_bundle(), make_bundle()
    for bundle in (first, second):
        bundle.map_users()
        bundle.config["linux"].pop("resources", None)
    second.set_namespace("user", f"/proc/{first.start().pid}/ns/user")
    second.linux.update(uidMappings=[], gidMappings=[])
    second.runtime.wrapper = ["strace", "-f", "-qq", "-o/dev/null", "-einject=clone,clone3:delay_exit=300000"]
    result = second.try_run("/bin/echo", "here")
    second.runtime.wrapper = []
    assert result.out == "here\n", result


@since(runc="1.2", crun="never")
def test_offsets_without_time_namespace(bundle):
    bundle.linux["timeOffsets"] = {"boottime": {"secs": 1}}
    bundle.fails("time namespace offsets specified, but time namespace isn't enabled in the config", "/bin/true")


def test_loopback_is_up(bundle):
    flags = int(bundle.run("/bin/cat", "/sys/class/net/lo/flags"), 16)
    assert flags & 1


def test_cgroup_view(bundle):
    lines = bundle.report()["cgroup"]
    assert all(line.endswith(":/") for line in lines), lines


def test_without_a_cgroup_namespace(bundle):
    bundle.drop_namespace("cgroup")
    lines = bundle.report()["cgroup"]
    assert any(os.environ["SKIFF_TEST_ID"] in line for line in lines), lines


def test_hostname(bundle):
    bundle.config["hostname"] = "x"
    assert bundle.run("hostname") == "x"
    assert os.uname().nodename != "x"


@since(runc="1.2")
def test_domainname(bundle):
    bundle.config["domainname"] = "example.org"
    assert bundle.report()["domainname"] == "example.org"


@each(("net.ipv4.ip_forward", "1", "/proc/sys/net/ipv4/ip_forward"),
      ("kernel.shmmni", "1234", "/proc/sys/kernel/shmmni"),
      ("net/ipv4/ip_default_ttl", "77", "/proc/sys/net/ipv4/ip_default_ttl"))
def test_sysctl(bundle, name, value, path):
    before = linux.read_text(path)
    bundle.linux["sysctl"] = {name: value}
    assert bundle.run("/bin/cat", path) == value
    assert linux.read_text(path) == before


@each(("vm.swappiness", 'sysctl "vm.swappiness" is not in a separate kernel namespace'),
      ("kernel.shmmax", 'sysctl "kernel.shmmax" is not allowed in the hosts ipc namespace'))
def test_sysctl_of_the_host(bundle, name, text):
    bundle.linux["sysctl"] = {name: "1"}
    bundle.drop_namespace("ipc")
    bundle.drop_mounts("/dev/mqueue")
    bundle.fails(text, "/bin/true")


def test_sysctl_that_climbs_out(bundle):
    """By its first letters it is one of the network namespace."""
    shmmni = linux.read_text("/proc/sys/kernel/shmmni")
    for name in ("net/../kernel/shmmni", "net/./../kernel/shmmni"):
        bundle.linux["sysctl"] = {name: shmmni}
        bundle.fails("no name of a sysctl", "/bin/true")


def test_sysctl_with_a_procfs_that_cannot_take_it(bundle):
    """The container's own view of /proc is no obstacle."""
    bundle.linux["sysctl"] = {"net.ipv4.ip_default_ttl": "77"}
    for option in ("ro", "subset=pid"):
        bundle.config["mounts"][0]["options"] = [option]
        bundle.run("/bin/true")


def test_unknown_sysctl(bundle):
    bundle.linux["sysctl"] = {"net.ipv4.no_such_thing": "1"}
    bundle.fails("no such file or directory", "/bin/true")


