"""Mounts: every flag, mapped ids, labels."""

import os

from lib import each, linux, skip

# What each option shows, set on a mount where the flag was clear, and cleared on one where it was set.
SETS = {"ro": "ro", "nosuid": "nosuid", "nodev": "nodev", "noexec": "noexec", "noatime": "noatime",
        "nodiratime": "nodiratime", "relatime": "relatime", "nosymfollow": "nosymfollow"}
CLEARS = {"rw": "ro", "suid": "nosuid", "dev": "nodev", "exec": "noexec", "atime": "noatime", "diratime": "nodiratime",
          "symfollow": "nosymfollow", "norelatime": "relatime"}
BITS = {"ro": linux.MS_RDONLY, "nosuid": linux.MS_NOSUID, "nodev": linux.MS_NODEV, "noexec": linux.MS_NOEXEC,
        "noatime": 1024, "nodiratime": 2048, "nosymfollow": 256, "relatime": 1 << 21}


def options_of(bundle, *targets):
    points = {point.target: point.options for point in map(linux.MountPoint, bundle.report()["mounts"])}
    return [points[target] for target in targets]


def bind_a_mount(bundle, folder, flags, options):
    """A tmpfs with one below it, bound into the container."""
    (folder / "data").mkdir()
    linux.mount("tmpfs", folder / "data", "tmpfs", 0, "mode=755")
    (folder / "data/below").mkdir()
    linux.mount("tmpfs", folder / "data/below", "tmpfs")
    for target in ("data/below", "data"):
        linux.mount("none", folder / target, flags=32 | linux.MS_BIND | flags)  # MS_REMOUNT
    bundle.add_mount("/data", folder / "data", options=["rbind", *options])


@each(*SETS)
def test_every_flag_set(bundle, folder, option):
    bind_a_mount(bundle, folder, 0, [option])
    top, below = options_of(bundle, "/data", "/data/below")
    assert SETS[option] in top
    assert option == "relatime" or SETS[option] not in below


@each(*CLEARS)
def test_every_flag(bundle, folder, option):
    shown = CLEARS[option]
    bind_a_mount(bundle, folder, BITS[shown], [option])
    top, below = options_of(bundle, "/data", "/data/below")
    # As with mount(8), how access times are kept stays unless an option sets it.
    assert (shown in top) == option.endswith("atime"), top
    assert shown in below, below


@each("atime", "diratime", "norelatime", "nostrictatime")
def test_every_word_taken_back(bundle, folder, option):
    """These take back the word before them; what is left is the default."""
    word = option.removeprefix("no") if option.startswith("no") else f"no{option}"
    bundle.add_mount("/data", kind="tmpfs", options=[word, option])
    assert set(options_of(bundle, "/data")[0]) == {"rw", "relatime"}


@each(*SETS)
def test_every_recursive_flag_set(bundle, folder, option):
    bind_a_mount(bundle, folder, 0, [f"r{option}"])
    for options in options_of(bundle, "/data", "/data/below"):
        assert SETS[option] in options


@each(*(option for option in CLEARS if option != "norelatime"))
def test_every_recursive_flag_cleared(bundle, folder, option):
    bind_a_mount(bundle, folder, BITS[CLEARS[option]], [f"r{option}"])
    for options in options_of(bundle, "/data", "/data/below"):
        assert CLEARS[option] not in options


@each("strictatime", "rstrictatime")
def test_strictatime(bundle, folder, option):
    bind_a_mount(bundle, folder, BITS["noatime"], [option])
    (options,) = options_of(bundle, "/data")
    assert not {"noatime", "relatime"} & set(options)


@each("nostrictatime", "rnostrictatime", "rnorelatime", "defaults", "loud", "noiversion")
def test_other_words(bundle, folder, option):
    """Words that leave or restore what the kernel does by itself."""
    bind_a_mount(bundle, folder, 0, [option])
    assert "rw" in options_of(bundle, "/data")[0]


@each("sync", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "async", "silent", "iversion")
def test_flag_of_the_file_system(bundle, option):
    bundle.add_mount("/data", kind="tmpfs", options=[option])
    point = [point for point in map(linux.MountPoint, bundle.report()["mounts"]) if point.target == "/data"][-1]
    assert option not in ("sync", "dirsync", "lazytime") or option in point.fs_options


@each("remount")
def test_remount(bundle, option):
    """Accepted for the sake of old configurations; what it is on is mounted, not mounted again."""
    bundle.add_mount("/data", kind="tmpfs", options=[option, "size=64k"])
    assert options_of(bundle, "/data")


@each("private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable")
def test_every_propagation(bundle, folder, option):
    bind_a_mount(bundle, folder, 0, [option])
    points = {point.target: point for point in map(linux.MountPoint, bundle.report()["mounts"])}
    wanted = {"shared": ["shared"], "unbindable": ["unbindable"]}.get(option.removeprefix("r"), [])
    assert [field.partition(":")[0] for field in points["/data"].propagation] == wanted
    if option in ("rshared", "runbindable"):
        assert [field.partition(":")[0] for field in points["/data/below"].propagation] == wanted


def mapped(bundle, folder, options, below=False):
    """A bind with ids 100..199 of the file system shown as 0..99; the file's owner is 101:102."""
    data = folder / "data"
    data.mkdir()
    linux.mount("tmpfs", data, "tmpfs", 0, "mode=755")
    files = [data / "file"]
    if below:
        (data / "below").mkdir()
        linux.mount("tmpfs", data / "below", "tmpfs", 0, "mode=755")
        files.append(data / "below/file")
    for file in files:
        file.touch()
        os.chown(file, 1, 2)
    bundle.add_mount("/data", data, options=["rbind", *options])
    bundle.config["mounts"][-1]["uidMappings"] = [{"containerID": 0, "hostID": 100, "size": 10}]
    bundle.config["mounts"][-1]["gidMappings"] = [{"containerID": 0, "hostID": 200, "size": 10}]


@each([], ["idmap"], ["ridmap"])
def test_mapped_ids(bundle, folder, options):
    mapped(bundle, folder, options)
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/file") == "101:202"


def test_ids_beyond_the_size_are_not_mapped(bundle, folder):
    mapped(bundle, folder, ["idmap"])
    os.chown(folder / "data/file", 10, 10)
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/file") == "65534:65534"


@each(("idmap", "1:2"), ("ridmap", "101:202"))
def test_mapped_ids_below(bundle, folder, option, owner):
    mapped(bundle, folder, [option], below=True)
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/below/file") == owner


@each("uid", "gid")
def test_mapping_of_size_0(bundle, folder, kind):
    mapped(bundle, folder, ["idmap"])
    bundle.config["mounts"][-1][f"{kind}Mappings"][0]["size"] = 0
    bundle.fails(f"{kind}Mappings[0].size: expected at least 1, found 0", "/bin/true")


def test_mount_label(bundle):
    """It is SELinux's; a kernel without it refuses the option of that name."""
    if os.path.exists("/sys/fs/selinux/enforce"):
        skip("SELinux is enabled here: guest/test_selinux.py")
    bundle.linux["mountLabel"] = "system_u:object_r:container_file_t:s0"
    bundle.fails("mount label: context: invalid argument", "/bin/true")
