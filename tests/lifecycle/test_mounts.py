"""What can be mounted where."""

import os
import socket
import subprocess

from lib import each, linux, since


def mount_of(bundle, target):
    """The last mount on `target`, as the container's first program sees it."""
    found = [linux.MountPoint(line) for line in bundle.report()["mounts"]]
    found = [point for point in found if point.target == target]
    assert found, f"nothing mounted on {target}"
    return found[-1]


def test_mounts_of_the_default_config(bundle):
    kinds = {point.target: point.kind for point in map(linux.MountPoint, bundle.report()["mounts"])}
    assert kinds["/proc"] == "proc" and kinds["/sys"] == "sysfs"
    assert kinds["/dev"] == "tmpfs" and kinds["/dev/shm"] == "tmpfs"
    assert kinds["/dev/pts"] == "devpts" and kinds["/dev/mqueue"] == "mqueue"


def test_nothing_of_the_host_is_left(bundle, folder):
    mounts = [linux.MountPoint(line) for line in bundle.report()["mounts"]]
    assert not [point for point in mounts if point.target != "/" and str(folder) in point.target]
    assert not [point for point in mounts if point.propagation], mounts


def test_cgroup_mount(bundle):
    """The container sees its own cgroup: pid 1 is in it."""
    out = bundle.shell("find /sys/fs/cgroup -name cgroup.procs | head -n 1 | xargs cat")
    assert out.split()[0] == "1"


def test_cgroup_mount_is_read_only(bundle):
    assert bundle.try_run("/bin/sh", "-c", "mkdir $(dirname $(find /sys/fs/cgroup -name cgroup.procs | head -n 1))/x"
                          ).status != 0


def test_bind_of_a_directory(bundle, folder):
    (folder / "data").mkdir()
    (folder / "data/file").write_text("text")
    bundle.add_mount("/data", folder / "data", options=["bind"])
    assert bundle.shell("cat /data/file; echo new >/data/new") == "text"
    assert (folder / "data/new").read_text() == "new\n"


def test_bind_of_a_file(bundle, folder):
    (folder / "file").write_text("text")
    bundle.add_mount("/etc/new/file", folder / "file", options=["bind"])
    assert bundle.run("/bin/cat", "/etc/new/file") == "text"


def test_bind_over_a_file(bundle, folder):
    (folder / "passwd").write_text("other")
    bundle.add_mount("/etc/passwd", folder / "passwd", options=["bind", "ro"])
    assert bundle.run("/bin/cat", "/etc/passwd") == "other"


def test_bind_of_a_socket(bundle, folder):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        bundle.add_mount("/run/socket", folder / "socket", options=["bind"])
        bundle.run("/bin/test", "-S", "/run/socket")


def test_bind_of_a_device(bundle):
    bundle.add_mount("/dev/other", "/dev/zero", options=["bind"])
    assert bundle.run("/bin/stat", "-c", "%t:%T", "/dev/other") == "1:5"


def test_bind_with_a_relative_source(bundle):
    """It is relative to the bundle."""
    os.mkdir(f"{bundle.path}/data")
    bundle.add_mount("/data", "data", options=["bind"])
    bundle.shell("echo x >/data/new")
    assert os.path.exists(f"{bundle.path}/data/new")


def test_bind_of_a_symlink(bundle, folder):
    (folder / "real").mkdir()
    (folder / "real/file").write_text("text")
    (folder / "link").symlink_to("real")
    bundle.add_mount("/data", folder / "link", options=["bind"])
    assert bundle.run("/bin/cat", "/data/file") == "text"


def test_missing_source(bundle, folder):
    bundle.add_mount("/data", folder / "missing", options=["bind"])
    bundle.fails("no such file or directory", "/bin/true")


@since(runc="1.2", crun="never")
def test_sentence_for_a_missing_source(bundle, folder):
    bundle.add_mount("/data", folder / "missing", options=["rbind"])
    bundle.fails(f'error mounting "{folder}/missing" to rootfs at "/data"', "/bin/true")


@each("bind", "rbind")
def test_submounts_of_a_bind(bundle, folder, option):
    (folder / "data/below").mkdir(parents=True)
    linux.mount("tmpfs", folder / "data/below", "tmpfs")
    (folder / "data/below/file").touch()
    bundle.add_mount("/data", folder / "data", options=[option])
    seen = bundle.run("/bin/ls", "/data/below")
    assert seen == ("file" if option == "rbind" else "")


def test_type_bind_without_the_option(bundle, folder):
    (folder / "data").mkdir()
    bundle.add_mount("/data", folder / "data", kind="bind")
    result = bundle.try_run("/bin/touch", "/data/new")
    assert result.status == 0 or bundle.runtime.name != "skiff"


def test_option_bind_without_the_type(bundle, folder):
    (folder / "data").mkdir()
    bundle.config["mounts"].append({"destination": "/data", "source": str(folder / "data"), "options": ["rbind"]})
    bundle.run("/bin/touch", "/data/new")
    assert (folder / "data/new").exists()


def test_destination_is_made(bundle):
    bundle.add_mount("/a/b/c", kind="tmpfs")
    bundle.run("/bin/touch", "/a/b/c/file")
    assert os.path.isdir(f"{bundle.rootfs}/a/b/c")


def test_mounts_in_the_order_of_the_config(bundle):
    bundle.add_mount("/a", kind="tmpfs")
    bundle.add_mount("/a/b", kind="tmpfs", options=["size=64k"])
    assert mount_of(bundle, "/a/b").fs_options.count("size=64k") == 1


def test_bind_of_what_earlier_mounts_made(bundle, folder):
    """The source is a path of the host's; the destination may be one as well."""
    (folder / "data/sub").mkdir(parents=True)
    (folder / "data/sub/file").write_text("text")
    bundle.add_mount("/a", folder / "data", options=["bind"])
    bundle.add_mount("/a/sub/below", kind="tmpfs")
    bundle.add_mount("/one", f"{bundle.rootfs}/a/sub", options=["bind"])
    bundle.add_mount(f"{bundle.rootfs}/all", f"{bundle.rootfs}/a", options=["rbind", "ro"])
    assert bundle.run("/bin/cat", "/one/file", "/all/sub/file") == "texttext"
    targets = [linux.MountPoint(line).target for line in bundle.report()["mounts"]]
    assert "/all/sub/below" in targets and "/one/below" not in targets
    bundle.process["args"] = ["/bin/touch", "/all/new"]
    assert "Read-only file system" in bundle.try_run().err


@each((False, "100005"), (True, "5"))
@since(runc="1.2", crun="never")
def test_idmapped_bind_of_what_earlier_mounts_made(bundle, folder, in_user_namespace, shown):
    (folder / "data").mkdir()
    (folder / "data/file").write_text("text")
    if in_user_namespace:
        bundle.map_users()
    bundle.add_mount("/a", folder / "data", options=["bind"])
    bundle.add_mount("/b", f"{bundle.rootfs}/a", options=["bind"])
    bundle.config["mounts"][-1] |= {kind: [{"containerID": 0, "hostID": 100000, "size": 65536}]
                                    for kind in ("uidMappings", "gidMappings")}
    os.chown(folder / "data/file", 5, 5)
    assert bundle.run("/bin/stat", "-c", "%u", "/b/file") == shown


def test_source_in_the_container_that_wants_out(bundle, folder):
    """Where mounts have changed it, a symlink there leads to the container's own files."""
    (folder / "data").mkdir()
    (folder / "data/link").symlink_to("/etc/passwd")
    bundle.file("/etc/passwd", "of the container")
    bundle.add_mount("/a", folder / "data", options=["bind"])
    bundle.add_mount("/shown", f"{bundle.rootfs}/a/link", options=["bind"])
    assert bundle.run("/bin/cat", "/shown") == "of the container"


@each("file", "directory")
def test_dangling_symlinks_in_the_destination(bundle, folder, kind):
    """What they lead to is made, inside."""
    (folder / "source").mkdir() if kind == "directory" else (folder / "source").write_text("text")
    os.symlink("/tmp/new", f"{bundle.rootfs}/jump")
    os.symlink("/jump/far/there", f"{bundle.rootfs}/etc/link")
    bundle.add_mount("/etc/link", folder / "source", options=["bind"])
    assert mount_of(bundle, "/tmp/new/far/there")


def test_absolute_symlink_in_the_destination(bundle, folder):
    """It is resolved inside the root file system, not on the host."""
    os.symlink(str(folder), f"{bundle.rootfs}/link")
    bundle.add_mount("/link/below", kind="tmpfs")
    assert mount_of(bundle, f"{folder}/below").kind == "tmpfs"
    assert not (folder / "below").exists()


def test_file_on_a_symlink_to_nowhere(bundle, folder):
    """The file is made where the symlink points to, inside the root; the symlink stays."""
    (folder / "file").write_text("seen")
    os.symlink("../new/place", f"{bundle.rootfs}/etc/link")
    bundle.add_mount("/etc/link", folder / "file", options=["bind"])
    assert bundle.run("/bin/cat", "/new/place") == "seen"
    assert mount_of(bundle, "/new/place")
    assert os.readlink(f"{bundle.rootfs}/etc/link") == "../new/place"


def test_file_on_a_symlink_to_itself(bundle, folder):
    (folder / "file").write_text("")
    os.symlink("link", f"{bundle.rootfs}/etc/link")
    bundle.add_mount("/etc/link", folder / "file", options=["bind"])
    bundle.fails("too many levels of symbolic links", "/bin/true")


@each("../../../../../../../../../../etc", "/proc/self/root/etc", "/../../../etc")
def test_symlink_that_wants_out(bundle, target):
    os.symlink(target, f"{bundle.rootfs}/link")
    before = sorted(os.listdir("/etc"))
    bundle.add_mount("/link/skiff-test-dir", kind="tmpfs")
    bundle.try_run("/bin/true")
    assert sorted(os.listdir("/etc")) == before


def test_dots_in_the_destination(bundle, folder):
    bundle.add_mount("/../../../data", kind="tmpfs")
    assert mount_of(bundle, "/data").kind == "tmpfs"


def test_relative_destination(bundle):
    """Deprecated: relative to the root."""
    bundle.add_mount("data", kind="tmpfs")
    assert mount_of(bundle, "/data").kind == "tmpfs"


@since(runc="1.2", crun="never")
@each("/proc/sys/kernel", "/proc/1", "/proc/self/fd")
def test_nothing_is_mounted_inside_proc(bundle, target):
    bundle.add_mount(target, kind="tmpfs")
    result = bundle.try_run("/bin/true")
    assert result.status == 1
    assert bundle.runtime.name == "crun" or "cannot be mounted because it is inside /proc" in result.err, result


def test_lxcfs_files_in_proc(bundle, folder):
    (folder / "uptime").write_text("1.00 2.00\n")
    bundle.add_mount("/proc/uptime", folder / "uptime", options=["bind", "ro"])
    assert bundle.run("/bin/cat", "/proc/uptime") == "1.00 2.00"


@each("proc", "sysfs")
def test_proc_on_a_symlink(bundle, kind):
    target = {"proc": "proc", "sysfs": "sys"}[kind]
    os.rmdir(f"{bundle.rootfs}/{target}")
    os.symlink("tmp", f"{bundle.rootfs}/{target}")
    result = bundle.try_run("/bin/true")
    assert result.status == 1
    if bundle.runtime.name == "skiff":
        assert "must be mounted on ordinary directory" in result.err, result


def test_unknown_file_system(bundle):
    bundle.add_mount("/data", kind="nosuchfs")
    bundle.fails("no such device", "/bin/true")


def test_unknown_option_of_a_file_system(bundle):
    bundle.add_mount("/data", kind="tmpfs", options=["nosuchoption=1"])
    bundle.fails("invalid argument", "/bin/true")


def test_root_is_read_only(bundle):
    bundle.config["root"]["readonly"] = True
    result = bundle.try_run("/bin/touch", "/new")
    assert result.status == 1 and "Read-only file system" in result.err
    assert bundle.shell("touch /dev/shm/new && echo fine") == "fine"


def test_root_with_a_relative_and_an_absolute_path(bundle):
    bundle.config["root"]["path"] = bundle.rootfs
    assert bundle.run("/bin/echo", "absolute") == "absolute"


def test_root_is_a_mount(bundle):
    """As with overlay roots of engines."""
    lower = f"{bundle.path}/lower"
    os.rename(bundle.rootfs, lower)
    for name in ("rootfs", "upper", "work"):
        os.mkdir(f"{bundle.path}/{name}")
    linux.mount("overlay", bundle.rootfs, "overlay", 0,
                f"lowerdir={lower},upperdir={bundle.path}/upper,workdir={bundle.path}/work")
    bundle.run("/bin/touch", "/new")
    assert os.path.exists(f"{bundle.path}/upper/new")


def test_host_sees_no_mount_of_the_container(bundle):
    before = {point.id for point in linux.mounts()}
    bundle.start()
    after = [point for point in linux.mounts() if point.id not in before and "/.launchpad" not in point.target]
    assert after == []


@since(runc="never")
@each("shared", "slave", "private", "rshared", "rslave", "rprivate", "unbindable", "runbindable")
def test_rootfs_propagation(bundle, value):
    bundle.linux["rootfsPropagation"] = value
    root = mount_of(bundle, "/")
    kinds = [field.partition(":")[0] for field in root.propagation]
    wanted = value.removeprefix("r")
    assert kinds == {"shared": ["shared"], "unbindable": ["unbindable"]}.get(wanted, []) or (
        wanted == "slave" and kinds == ["master"]), root


def test_mounts_of_the_host_reach_a_slave(bundle, folder):
    (folder / "data").mkdir()
    linux.bind(folder / "data", folder / "data")
    linux.mount("none", folder / "data", flags=linux.MS_SHARED)
    (folder / "data/late").mkdir()
    bundle.linux["rootfsPropagation"] = "rslave"
    bundle.add_mount("/data", folder / "data", options=["rbind", "rslave"])
    container = bundle.start()
    linux.mount("tmpfs", folder / "data/late", "tmpfs")
    seen = [point.target for point in container.mounts()]
    assert "/data/late" in seen


def test_mounts_of_the_host_do_not_reach_a_private_bind(bundle, folder):
    (folder / "data/late").mkdir(parents=True)
    linux.bind(folder / "data", folder / "data")
    linux.mount("none", folder / "data", flags=linux.MS_SHARED)
    bundle.add_mount("/data", folder / "data", options=["rbind", "rprivate"])
    container = bundle.start()
    linux.mount("tmpfs", folder / "data/late", "tmpfs")
    seen = [point.target for point in container.mounts()]
    assert "/data/late" not in seen


def test_no_pivot(bundle):
    seen = bundle.report(flags=["--no-pivot"])
    assert seen["cwd"] == "/"
    assert bundle.run("/bin/ls", "/bin/report", flags=["--no-pivot"]) == "/bin/report"


def test_no_pivot_hides_whole_procfs(bundle, folder):
    """With one in reach, whose name need not be plain, the kernel would allow the container another without masks."""
    place = folder / "with blank"
    place.mkdir()
    linux.mount("proc", str(place), "proc")
    bundle.add_capabilities("CAP_SETFCAP")  # to map root
    result = bundle.try_run("/bin/sh", "-c", "busybox unshare -U -r -m -p -f busybox mount -t proc proc /tmp; echo $?",
                            flags=["--no-pivot"])
    assert "mount: permission denied" in result.err and result.out == "1\n", result


@since(runc="1.2", crun="never")
def test_no_pivot_and_private_propagation(bundle):
    bundle.linux["rootfsPropagation"] = "rprivate"
    bundle.fails("rootfsPropagation of [r]private is not safe without pivot_root", "/bin/true", flags=["--no-pivot"])


def pin_mount_namespace(file):
    """A mount namespace can only be pinned in an older one, and Linux 6.18 tells the age by numbers that each processor
    takes from a store of its own: only on the processor where this test's namespace was made it is sure to work."""
    for processor in sorted(os.sched_getaffinity(0)):
        done = subprocess.run(["taskset", "-c", str(processor), "unshare", f"--mount={file}", "true"],
                              stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            return
    raise AssertionError("no mount namespace can be pinned")


def test_recursive_bind_holds_a_mount_namespace(bundle, folder):
    """As snapd's /run/snapd/ns/*.mnt, in a bind of /run: move_mount(2) refuses such a tree."""
    (folder / "data").mkdir()
    (folder / "data/sub").mkdir()
    (folder / "data/file").write_text("text")
    linux.bind(folder / "data", folder / "data")
    linux.mount("none", folder / "data", flags=linux.MS_PRIVATE)
    linux.mount("tmpfs", folder / "data/sub", "tmpfs")
    (folder / "data/pinned").touch()
    pin_mount_namespace(folder / "data/pinned")
    bundle.add_mount("/data", folder / "data", options=["rbind", "ro", "rslave"])
    point = mount_of(bundle, "/data")
    assert "ro" in point.options and mount_of(bundle, "/data/sub").kind == "tmpfs"
    assert bundle.run("/bin/cat", "/data/file") == "text"
    for name in ("pinned", "sub", ""):
        linux.unmount(folder / "data" / name)


def test_option_longer_than_255_bytes(bundle, folder):
    """Engines name overlay's layers by long paths; fsconfig(2) takes 255 bytes."""
    lower = []
    for number in range(3):
        lower.append(folder / ("x" * 120) / str(number))
        lower[-1].mkdir(parents=True)
        (lower[-1] / f"file{number}").write_text(str(number))
    options = [f"lowerdir={':'.join(map(str, lower))}", "ro", "nosuid", "private"]
    bundle.add_mount("/layers", "overlay", "overlay", options)
    assert bundle.shell("cat /layers/file*") == "012"
    assert {"ro", "nosuid"} <= set(mount_of(bundle, "/layers").options)
