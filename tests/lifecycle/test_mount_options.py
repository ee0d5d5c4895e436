"""Every class of mount option."""

import os

from lib import each, linux, since, skip


def options_of(bundle, target):
    """Options of the mount on `target`, seen from inside."""
    return [point for point in map(linux.MountPoint, bundle.report()["mounts"]) if point.target == target][-1].options


@each(("ro", "ro"), ("nosuid", "nosuid"), ("nodev", "nodev"), ("noexec", "noexec"), ("noatime", "noatime"),
      ("nodiratime", "nodiratime"), ("relatime", "relatime"))
def test_flag(bundle, folder, option, shown):
    (folder / "data").mkdir()
    bundle.add_mount("/bind", folder / "data", options=["bind", option])
    bundle.add_mount("/tmpfs", kind="tmpfs", options=[option])
    assert shown in options_of(bundle, "/bind") and shown in options_of(bundle, "/tmpfs")


@each(("ro", "rw", "rw"), ("noexec", "exec", None), ("nosuid", "suid", None), ("nodev", "dev", None))
def test_last_flag_wins(bundle, first, second, shown):
    bundle.add_mount("/data", kind="tmpfs", options=[first, second])
    options = options_of(bundle, "/data")
    assert first not in options and (shown is None or shown in options)


@since(runc="1.2", crun="1.9")
def test_nosymfollow(bundle):
    bundle.add_mount("/data", kind="tmpfs", options=["nosymfollow"])
    assert bundle.try_run("/bin/sh", "-c", "ln -s /etc/passwd /data/x; cat /data/x").status != 0


MS_REMOUNT_BIND, MS_NOATIME, MS_NODIRATIME, MS_STRICTATIME = 0x1020, 0x400, 0x800, 0x1000000


def bind_of_mount(bundle, folder, flags, options):
    """A bind mount of a mount that has these flags of mount(2)."""
    (folder / "data").mkdir()
    linux.mount("tmpfs", folder / "data", "tmpfs")
    linux.mount("", folder / "data", flags=MS_REMOUNT_BIND | flags)
    bundle.add_mount("/data", folder / "data", options=["bind", *options])


@each((0x0f, [], {"ro", "nosuid", "nodev", "noexec", "relatime"}), (0x0f, ["dev"], {"rw", "relatime"}),
      (0x0f, ["nodev"], {"rw", "nodev", "relatime"}),
      (MS_NOATIME, ["ro"], {"ro", "noatime"}), (MS_NOATIME, ["atime"], {"rw", "noatime"}),
      (MS_NOATIME, ["norelatime"], {"rw", "noatime"}), (MS_NOATIME, ["relatime"], {"rw", "relatime"}),
      (MS_NOATIME, ["nodiratime"], {"rw", "nodiratime", "relatime"}), (MS_NODIRATIME, ["strictatime"], {"rw"}),
      (MS_NOATIME, ["nodiratime", "strictatime"], {"rw", "nodiratime"}),
      (MS_STRICTATIME, ["noatime", "atime"], {"rw"}))
@since(runc="1.2", crun="never")
def test_flags_of_a_bind(bundle, folder, flags, options, shown):
    """With an option all others are off, but the modes of access times stay."""
    bind_of_mount(bundle, folder, flags, options)
    assert set(options_of(bundle, "/data")) == shown


@each((0x0f, ["nodiratime"], None), (0x0f, ["rw", "nosuid"], None), (MS_NOATIME, ["strictatime"], None),
      (0x0f, ["nosuid"], {"ro", "nosuid", "nodev", "noexec", "relatime"}), (0x02, ["ro"], {"ro", "nosuid", "relatime"}),
      (MS_NOATIME, ["noatime", "ro"], {"ro", "noatime"}), (0x102, ["symfollow"], {"rw", "nosuid", "relatime"}))
@since(runc="1.2", crun="never")
def test_flags_of_a_bind_in_a_user_namespace(bundle, folder, flags, options, shown):
    """Those of the source are locked: they stay, unless an option would take one away, which is refused."""
    bundle.map_users()
    bind_of_mount(bundle, folder, flags, options)
    if shown is None:
        bundle.fails("error during container init: error mounting", "/bin/true")
    else:
        assert set(options_of(bundle, "/data")) == shown


def test_read_only_bind_by_effect(bundle, folder):
    (folder / "data").mkdir()
    bundle.add_mount("/data", folder / "data", options=["bind", "ro"])
    assert "Read-only file system" in bundle.try_run("/bin/touch", "/data/x").err


def with_submount(bundle, folder, option):
    (folder / "data/below").mkdir(parents=True)
    linux.mount("tmpfs", folder / "data/below", "tmpfs")
    bundle.add_mount("/data", folder / "data", options=["rbind", option])


def test_ro_is_not_recursive(bundle, folder):
    with_submount(bundle, folder, "ro")
    out = bundle.shell("touch /data/x 2>/dev/null; echo $?; touch /data/below/x; echo $?")
    assert out.split() == ["1", "0"]


@each(("rro", "ro"), ("rnosuid", "nosuid"), ("rnodev", "nodev"), ("rnoexec", "noexec"), ("rnoatime", "noatime"))
def test_recursive_flag(bundle, folder, option, shown):
    with_submount(bundle, folder, option)
    mounts = {point.target: point.options for point in map(linux.MountPoint, bundle.report()["mounts"])}
    assert shown in mounts["/data"] and shown in mounts["/data/below"]


@each(("size=128k", "size=128k"), ("mode=1700", "mode=1700"), ("uid=5", "uid=5"), ("nr_inodes=77", "nr_inodes=77"))
def test_tmpfs_option(bundle, option, shown):
    bundle.add_mount("/data", kind="tmpfs", options=["nosuid", option, "nodev"])
    point = [point for point in map(linux.MountPoint, bundle.report()["mounts"]) if point.target == "/data"][-1]
    assert shown in point.fs_options and "nosuid" in point.options


def test_tmpfs_without_a_directory_before(bundle):
    bundle.add_mount("/new/data", kind="tmpfs")
    assert bundle.run("/bin/stat", "-c", "%a", "/new/data") == "1777"


def test_tmpfs_takes_the_mode_of_its_directory(bundle):
    os.mkdir(f"{bundle.rootfs}/data")
    os.chmod(f"{bundle.rootfs}/data", 0o1770)
    bundle.add_mount("/data", kind="tmpfs")
    assert bundle.run("/bin/stat", "-c", "%a", "/data") == "1770"


def test_tmpcopyup(bundle):
    bundle.file("/data/dir/file", "content")
    os.chmod(f"{bundle.rootfs}/data", 0o751)
    os.chown(f"{bundle.rootfs}/data/dir/file", 5, 6)
    os.symlink("dir/file", f"{bundle.rootfs}/data/link")
    bundle.add_mount("/data", kind="tmpfs", options=["tmpcopyup"])
    out = bundle.shell("cat /data/link; echo; stat -c %a /data; stat -c %u:%g /data/dir/file; echo >/data/new")
    assert out.split() == ["content", "751", "5:6"]
    assert sorted(os.listdir(f"{bundle.rootfs}/data")) == ["dir", "link"]


@each(("private", []), ("rprivate", []), ("shared", ["shared"]), ("rshared", ["shared"]), ("slave", []),
      ("rslave", []), ("unbindable", ["unbindable"]))
def test_propagation(bundle, folder, option, shown):
    (folder / "data").mkdir()
    bundle.add_mount("/data", folder / "data", options=["rbind", option])
    point = [point for point in map(linux.MountPoint, bundle.report()["mounts"]) if point.target == "/data"][-1]
    assert [field.partition(":")[0] for field in point.propagation] == shown


@each("idmap", "ridmap")
@since(runc="1.2", crun="1.9")
def test_idmap(bundle, folder, option):
    (folder / "data").mkdir()
    (folder / "data/file").touch()
    os.chown(folder / "data/file", 1, 2)
    bundle.add_mount("/data", folder / "data", options=["rbind", option])
    for kind in ("uidMappings", "gidMappings"):
        bundle.config["mounts"][-1][kind] = [{"containerID": 0, "hostID": 100, "size": 1000}]
    result = bundle.try_run("/bin/stat", "-c", "%u:%g", "/data/file")
    if "invalid argument" in result.err:
        skip("the file system of the test's folder cannot be mounted with mapped ids")
    assert result.out == "101:102\n", result


@since(runc="1.2", crun="1.9")
def test_mappings_of_a_mount_in_a_user_namespace(bundle, folder):
    """Files of the container's root on the host appear as its root's inside."""
    bundle.map_users()
    (folder / "data").mkdir()
    (folder / "data/file").touch()
    os.chown(folder / "data/file", 7, 8)
    bundle.add_mount("/data", folder / "data", options=["bind"])
    for kind in ("uidMappings", "gidMappings"):
        bundle.config["mounts"][-1][kind] = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/file") == "7:8"


@since(runc="1.2", crun="never")
@each(("idmap", "tmpfs", "id-mapped mounts are only supported for bind-mounts"),
      ("idmap", "bind", "id-mapped mounts must have both uid and gid mappings specified"))
def test_bad_idmap(bundle, folder, option, kind, text):
    (folder / "data").mkdir()
    options = [option, "bind"] if kind == "bind" else [option]
    bundle.add_mount("/data", folder / "data", kind=kind, options=options)
    bundle.config["mounts"][-1]["uidMappings"] = [{"containerID": 0, "hostID": 100, "size": 1000}]
    if kind == "tmpfs":
        bundle.config["mounts"][-1]["gidMappings"] = [{"containerID": 0, "hostID": 100, "size": 1000}]
    bundle.fails(text, "/bin/true")


@since(runc="1.2", crun="never")
def test_data_of_a_bind(bundle, folder):
    (folder / "data").mkdir()
    bundle.add_mount("/data", folder / "data", options=["bind", "size=64k"])
    bundle.fails("bind mounts cannot have any filesystem-specific options applied", "/bin/true")


def test_empty_option(bundle):
    bundle.add_mount("/data", kind="tmpfs", options=["", "size=64k"])
    result = bundle.try_run("/bin/true")
    assert result.status == 0 or bundle.runtime.name != "skiff", result


@since(runc="1.2")
def test_locked_flags_stay_in_a_user_namespace(bundle, folder):
    """A bind of a mount that is nosuid outside: the flag may not be dropped by asking for nothing."""
    bundle.map_users()
    (folder / "data").mkdir()
    linux.mount("tmpfs", folder / "data", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    bundle.add_mount("/data", folder / "data", options=["bind", "ro"])
    options = options_of(bundle, "/data")
    assert {"ro", "nosuid", "nodev"} <= set(options)


def test_tmpcopyup_keeps_modes(bundle):
    """chown(2) takes the set-user-id bit away."""
    bundle.file("/data/program", mode=0o4755)
    bundle.file("/data/group", mode=0o2711)
    bundle.add_mount("/data", kind="tmpfs", options=["tmpcopyup"])
    assert bundle.run("stat", "-c", "%a", "/data/program", "/data/group").split() == ["4755", "2711"]
