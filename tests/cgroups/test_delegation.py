"""crun's run.oci.delegate-cgroup: a cgroup below the container's own, which the container's root may rule."""

import json
import os

from lib import each, linux, skip


def delegate(bundle, path="inner"):
    """Asks for it; the container's own cgroup."""
    bundle.linux["cgroupsPath"] = f"/{os.environ['SKIFF_TEST_ID']}"
    bundle.config["annotations"] = {"run.oci.delegate-cgroup": path}
    return f"/sys/fs/cgroup{bundle.linux['cgroupsPath']}"


@each("inner", "inner/most")
def test_place(view, bundle, path):
    view("v2")
    own = delegate(bundle, path)
    box = bundle.start()
    assert linux.read_text(f"/proc/{box.pid}/cgroup").splitlines()[-1] == f"0::{bundle.linux['cgroupsPath']}/{path}"
    assert linux.read_text(f"{own}/cgroup.procs") == ""
    # The namespace was made before: its root is the container's own cgroup.
    assert bundle.runtime.ok("exec", box.id, "cat", "/proc/1/cgroup").splitlines()[-1] == f"0::/{path}"
    # Controllers are handed down.
    names = linux.read_text(f"{own}/cgroup.controllers").split()
    assert linux.read_text(f"{own}/{path}/cgroup.controllers").split() == names
    assert linux.read_text(f"{own}/cgroup.subtree_control").split() == names


def test_life_goes_on(view, bundle):
    view("v2")
    own = delegate(bundle)
    box = bundle.start("sleep", "1000")
    assert "/inner" in bundle.runtime.ok("exec", box.id, "cat", "/proc/self/cgroup").splitlines()[-1]
    assert box.pid in json.loads(bundle.runtime.ok("ps", "--format", "json", box.id))
    bundle.runtime.ok("pause", box.id)
    assert box.status == "paused" and "frozen 1" in linux.read_text(f"{own}/inner/cgroup.events")
    bundle.runtime.ok("resume", box.id)
    box.kill("KILL")
    box.reap()
    box.delete()
    assert not os.path.exists(own)


def test_owner(view, bundle):
    view("v2")
    own = delegate(bundle)
    bundle.map_users()
    bundle.drop_mounts("/sys/fs/cgroup")
    bundle.start()
    for file in ("", "cgroup.procs", "cgroup.subtree_control"):
        assert os.stat(f"{own}/inner/{file}").st_uid == 100000, file
    assert os.stat(f"{own}/inner/cgroup.stat").st_uid == 0
    assert os.stat(own).st_uid == 0


def test_limits_stay_outside(view, bundle):
    view("v2")
    own = delegate(bundle)
    if "hugetlb" not in linux.read_text("/sys/fs/cgroup/cgroup.controllers").split():
        skip("cgroup v2 has no hugetlb here")
    bundle.resources["hugepageLimits"] = [{"pageSize": "2MB", "limit": 1 << 30}]
    bundle.start()
    assert linux.read_text(f"{own}/hugetlb.2MB.max") == str(1 << 30)
    assert linux.read_text(f"{own}/inner/hugetlb.2MB.max") != str(1 << 30)


def test_empty_name(view, bundle):
    view("v2")
    own = delegate(bundle, "")
    box = bundle.start()
    assert str(box.pid) in linux.read_text(f"{own}/cgroup.procs").split()


@each("..", "inner/../..")
def test_path_that_wants_out(view, bundle, path):
    view("v2")
    delegate(bundle, path)
    bundle.fails("invalid `..` component", "/bin/true")


@each("v1", "hybrid")
def test_version_1(view, bundle, layout):
    view(layout)
    delegate(bundle)
    bundle.fails("delegate-cgroup not supported on cgroup v1", "/bin/true")


def test_without_cgroup(bundle):
    delegate(bundle)
    bundle.runtime.flags += ["--cgroup-manager", "disabled"]
    bundle.fails("the container has no cgroup", "/bin/true")
