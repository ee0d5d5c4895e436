"""/dev: nodes, symlinks, extra devices."""

import os

from lib import each, linux, since


@each(("null", "1:3"), ("zero", "1:5"), ("full", "1:7"), ("random", "1:8"), ("urandom", "1:9"), ("tty", "5:0"))
def test_default_device(bundle, name, numbers):
    assert bundle.run("/bin/stat", "-c", "%F %t:%T %a", f"/dev/{name}") == f"character special file {numbers} 666"


@each(("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
      ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"))
def test_symlink(bundle, name, target):
    assert bundle.run("/bin/readlink", f"/dev/{name}") == target


def test_core_symlink(bundle):
    target = bundle.try_run("/bin/readlink", "/dev/core").out.strip()
    assert target == ("/proc/kcore" if os.path.exists("/proc/kcore") else "")


def test_devices_work(bundle):
    assert bundle.shell("echo x >/dev/null && head -c 4 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c") == "4\n4"


def test_no_other_node(bundle):
    names = set(bundle.run("/bin/ls", "/dev").split())
    assert names <= {"core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
                     "stdout", "tty", "urandom", "zero"}


def test_extra_device(bundle):
    bundle.linux["devices"] = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 0o640, "uid": 3,
                                "gid": 4}]
    assert bundle.run("/bin/stat", "-c", "%F %t:%T %a %u:%g", "/dev/mine") == "character special file 1:5 640 3:4"


def test_extra_device_in_a_new_directory(bundle):
    bundle.linux["devices"] = [{"path": "/dev/a/b/mine", "type": "c", "major": 1, "minor": 5}]
    assert bundle.run("/bin/stat", "-c", "%t:%T", "/dev/a/b/mine") == "1:5"


def test_mode_is_not_cut_by_the_umask(bundle):
    bundle.linux["devices"] = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5, "fileMode": 0o666}]
    old = os.umask(0o077)
    try:
        assert bundle.run("/bin/stat", "-c", "%a", "/dev/mine") == "666"
    finally:
        os.umask(old)


@each(("b", "block special file"), ("u", "character special file"), ("p", "fifo"))
def test_type(bundle, kind, shown):
    bundle.linux["devices"] = [{"path": "/dev/mine", "type": kind, "major": 7, "minor": 99}]
    assert bundle.run("/bin/stat", "-c", "%F", "/dev/mine") == shown


def test_unknown_type(bundle):
    bundle.linux["devices"] = [{"path": "/dev/mine", "type": "x", "major": 1, "minor": 5}]
    bundle.fails('invalid device type "x"', "/bin/true")


@since(crun="never")
def test_default_device_listed_by_the_config(bundle):
    """Docker lists /dev/null and so on itself, with rules for them."""
    bundle.resources["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rwm"})
    bundle.linux["devices"] = [{"path": "/dev/null", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666}]
    assert bundle.run("/bin/stat", "-c", "%t:%T", "/dev/null") == "1:3"


def test_dev_is_a_bind_of_the_hosts(bundle, folder):
    """With a bound /dev nothing is made in it."""
    (folder / "dev").mkdir()
    bundle.drop_mounts("/dev")
    bundle.add_mount("/dev", folder / "dev", options=["bind"])
    bundle.try_run("/bin/true")
    assert "zero" not in os.listdir(folder / "dev")


def test_devices_without_a_dev_mount(bundle):
    bundle.drop_mounts("/dev")
    assert bundle.run("/bin/stat", "-c", "%t:%T", "/dev/null") == "1:3"


def test_dev_does_not_stay_in_the_rootfs(bundle):
    bundle.run("/bin/true")
    assert os.listdir(f"{bundle.rootfs}/dev") == []


def test_user_namespace_has_the_hosts_nodes(bundle):
    """Bound, where mknod(2) is not allowed; nothing else can come in with them."""
    bundle.map_users()
    mounts = {point.target: point for point in map(linux.MountPoint, bundle.report()["mounts"])}
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        assert {"nosuid", "noexec"} <= set(mounts[f"/dev/{name}"].options), name


@since(runc="9")  # has the host's node, or none
def test_extra_device_in_a_user_namespace(bundle):
    assert not os.path.exists("/dev/skiff-mine")
    bundle.linux["devices"] = [{"path": "/dev/skiff-mine", "type": "b", "major": 7, "minor": 99, "fileMode": 0o642,
                                "uid": 3, "gid": 4}]
    bundle.map_users()
    assert bundle.run("/bin/stat", "-c", "%F %t:%T %a %u:%g", "/dev/skiff-mine") == \
        "block special file 7:63 642 3:4"
