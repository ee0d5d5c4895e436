"""maskedPaths and readonlyPaths."""

import os

from lib import each, linux


def test_masked_file_is_empty(bundle):
    bundle.file("/secret", "text")
    bundle.linux["maskedPaths"] = ["/secret"]
    assert bundle.run("/bin/cat", "/secret") == ""
    assert bundle.run("/bin/stat", "-c", "%t:%T", "/secret") == "1:3"


def test_masked_directory_is_empty_and_read_only(bundle):
    bundle.file("/secret/file", "text")
    bundle.linux["maskedPaths"] = ["/secret"]
    assert bundle.shell("ls -A /secret; touch /secret/x 2>&1; true") == "touch: /secret/x: Read-only file system"


def test_masked_directories_are_many(bundle):
    names = [f"/secret{n}" for n in range(20)]
    for name in names:
        bundle.file(f"{name}/file")
    bundle.linux["maskedPaths"] = names
    assert bundle.shell("ls -A /secret*/ | grep file; true") == ""


def test_path_that_is_named_twice(bundle):
    bundle.file("/secret/file")
    bundle.linux["maskedPaths"] = ["/secret", "/secret/", "//secret"]
    assert [line.split()[4] for line in bundle.report()["mounts"]].count("/secret") == 1


@each("maskedPaths", "readonlyPaths")
def test_missing_path_is_skipped(bundle, member):
    bundle.linux[member] = ["/no/such/path"]
    assert bundle.run("/bin/echo", "fine") == "fine"


def test_masked_symlink(bundle):
    """It is resolved inside the container."""
    bundle.file("/secret", "text")
    os.symlink("/secret", f"{bundle.rootfs}/link")
    bundle.linux["maskedPaths"] = ["/link"]
    result = bundle.try_run("/bin/cat", "/link", "/secret")
    assert "text" not in result.out or bundle.runtime.name != "skiff", result


def test_masks_of_proc(bundle):
    bundle.linux["maskedPaths"] = ["/proc/kcore", "/proc/timer_list"]
    assert bundle.run("/bin/cat", "/proc/timer_list") == ""


def test_readonly_file(bundle):
    bundle.file("/file", "text")
    bundle.linux["readonlyPaths"] = ["/file"]
    assert bundle.shell("echo new >/file; cat /file", ) == "text"


def test_readonly_directory(bundle):
    bundle.file("/dir/file", "text")
    bundle.linux["readonlyPaths"] = ["/dir"]
    result = bundle.try_run("/bin/touch", "/dir/new")
    assert result.status == 1 and "Read-only file system" in result.err


def test_readonly_keeps_other_flags(bundle):
    bundle.linux["readonlyPaths"] = ["/dev/shm"]
    point = [point for point in map(linux.MountPoint, bundle.report()["mounts"]) if point.target == "/dev/shm"][-1]
    assert {"ro", "nosuid", "nodev", "noexec"} <= set(point.options)


def test_proc_sys_is_read_only(bundle):
    result = bundle.try_run("/bin/sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")
    assert result.status != 0 and "Read-only file system" in result.err


def test_nothing_masked(bundle):
    bundle.linux["maskedPaths"] = bundle.linux["readonlyPaths"] = []
    targets = [point.target for point in map(linux.MountPoint, bundle.report()["mounts"])]
    assert not [target for target in targets if target.startswith("/proc/")]
