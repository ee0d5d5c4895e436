"""The launchpad: the pinned mount namespace from which containers are cloned. Each test begins without one.

Since Linux 7.0 only those with a user namespace are; the others begin in a mount namespace of their root, made at once.
"""

import os
from concurrent.futures import ThreadPoolExecutor

from lib import each, limit, linux

SHARED = "/run/skiff"
FOLDER = f"{SHARED}/.launchpad"
FROM_LAUNCHPAD, FROM_OWN = "clone from the launchpad", "clone from the own mount namespace"
FROM_ROOT = "clone from a mount namespace of the root"
HAS_TREE_NAMESPACES = int(os.uname().release.split(".")[0]) >= 7


def clear(flags=0):
    """A directory of the test's own for what all containers share."""
    os.makedirs(SHARED, exist_ok=True)
    linux.mount("tmpfs", SHARED, "tmpfs", flags, "mode=711")


def birth(bundle, *flags, users=True):
    """The log's word on where a container (with a user namespace) was cloned from; it ran well."""
    if users and not bundle.linux.get("uidMappings"):
        bundle.map_users()
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    result = bundle.runtime.call("--debug", *flags, "run", "--bundle", bundle.path, bundle.new_id())
    assert result.status == 0, result
    return next(text for text in (FROM_LAUNCHPAD, FROM_OWN, FROM_ROOT) if text in result.error)


def pinned():
    return [point for point in linux.mounts() if point.target == f"{FOLDER}/mnt"]


def points_inside():
    """The mount points in the launchpad, read by a process that has entered it."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        linux.setns(os.open(f"{FOLDER}/mnt", os.O_RDONLY), linux.CLONE_NEWNS)
        with open("/proc/self/mountinfo", "rb") as table:
            os.write(writer, table.read())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        points = [line.split()[4] for line in answer]
    os.waitpid(child, 0)
    return points


def test_is_made_once_and_used_again(bundle):
    clear()
    assert birth(bundle) == FROM_LAUNCHPAD
    first = os.stat(f"{FOLDER}/mnt").st_ino
    assert birth(bundle) == FROM_LAUNCHPAD
    assert os.stat(f"{FOLDER}/mnt").st_ino == first and len(pinned()) == 1


def test_is_made_anew_when_it_was_unmounted(bundle):
    clear()
    assert birth(bundle) == FROM_LAUNCHPAD
    linux.unmount(FOLDER)  # with all that is below it
    assert not pinned()
    assert birth(bundle) == FROM_LAUNCHPAD
    assert len(pinned()) == 1


@limit(60)
def test_many_at_once_make_one(bundle):
    clear()
    bundle.map_users()
    bundle.process["args"] = ["/bin/true"]
    bundle.write()

    def run(_):
        return bundle.runtime.call("run", "--bundle", bundle.path, bundle.new_id()).status

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(run, range(16))) == [0] * 16
    assert len(pinned()) == 1


def test_holds_nothing_of_the_host(bundle, folder):
    """Neither what was mounted when it was made, nor what is mounted later on."""
    clear()
    (folder / "before").mkdir()
    linux.mount("tmpfs", folder / "before", "tmpfs")
    assert birth(bundle) == FROM_LAUNCHPAD
    (folder / "after").mkdir()
    linux.mount("tmpfs", folder / "after", "tmpfs")
    assert points_inside() == ["/", "/proc", "/sys"]


def test_container_sees_nothing_of_it(bundle):
    clear()
    assert birth(bundle) == FROM_LAUNCHPAD
    assert "launchpad" not in bundle.shell("cat /proc/self/mountinfo")


def test_host_mounts_are_not_copied(bundle, folder):
    clear()
    birth(bundle)
    container = bundle.create("/bin/sleep", "100")
    few = len(container.mounts())
    for number in range(50):
        (folder / f"{number}").mkdir()
        linux.mount("tmpfs", folder / f"{number}", "tmpfs")
    assert len(bundle.create("/bin/sleep", "100").mounts()) == few


def test_directory_of_another_is_not_trusted(bundle):
    clear()
    os.mkdir(FOLDER, 0o700)
    os.chown(FOLDER, 12345, 0)
    assert birth(bundle) == FROM_OWN
    os.chown(FOLDER, 0, 0)
    os.chmod(FOLDER, 0o770)
    assert birth(bundle) == FROM_OWN
    os.chmod(FOLDER, 0o700)
    assert birth(bundle) == FROM_LAUNCHPAD


def test_link_in_place_of_the_directory_is_not_followed(bundle, folder):
    clear()
    (folder / "elsewhere").mkdir()
    os.symlink(folder / "elsewhere", FOLDER)
    assert birth(bundle) == FROM_OWN
    assert os.listdir(folder / "elsewhere") == []


@each("file", "link")
def test_what_is_no_namespace_is_covered(bundle, kind):
    clear()
    os.mkdir(FOLDER, 0o700)
    if kind == "file":
        os.close(os.open(f"{FOLDER}/mnt", os.O_CREAT, 0o600))
    else:
        os.symlink("/proc/1/ns/mnt", f"{FOLDER}/mnt")
    assert birth(bundle) == FROM_LAUNCHPAD
    assert len(pinned()) == 1


def test_without_a_place_for_it(bundle):
    clear(linux.MS_RDONLY)
    assert birth(bundle) == FROM_OWN


def test_root_of_the_host_holds_it(bundle):
    """With it, the tree that becomes the root has a mount-namespace file in it, and move_mount(2) refuses such a tree."""
    clear()
    birth(bundle, users=False)
    bundle.config["root"] = {"path": "/"}
    bundle.config["mounts"] = [point for point in bundle.config["mounts"] if point["destination"] == "/proc"]
    assert birth(bundle, users=False) == (FROM_ROOT if HAS_TREE_NAMESPACES else FROM_OWN)
    assert bundle.run("/bin/cat", "/etc/hostname") == linux.read_text("/etc/hostname")


def test_namespace_of_the_root(bundle, folder):
    """It holds what the container has and nothing of the host; and it is like another from inside."""
    clear()
    assert birth(bundle, users=False) == (FROM_ROOT if HAS_TREE_NAMESPACES else FROM_LAUNCHPAD)
    (folder / "host").mkdir()
    linux.mount("tmpfs", folder / "host", "tmpfs")
    bundle.add_capabilities("CAP_SYS_ADMIN")
    points = bundle.shell("cat /proc/self/mountinfo").splitlines()
    assert "/" in [line.split()[4] for line in points] and str(folder / "host") not in "".join(points)
    nested = "mkdir /tmp/a && mount -t tmpfs none /tmp/a && cd /tmp/a && mkdir old && pivot_root . old && echo pivoted"
    bundle.config["root"]["readonly"] = False
    assert bundle.shell(f"mkdir -p /tmp && unshare -m sh -c '{nested}'") == "pivoted"
