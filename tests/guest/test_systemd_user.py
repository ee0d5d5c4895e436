"""A user's own systemd, and cgroups below the scope."""

import os
import shutil
import subprocess

from lib import cgroup, each, limit, linux, since, skip
from lib.container import wait_until
from lib.systemd import ROOT, UNDER_VERSION_1, read, show, systemctl, units, update, use_systemd


class User:
    """The user `tester` with a systemd of their own; runs commands as them, in a session or as a user's service."""

    def __init__(self):
        subprocess.run(["loginctl", "enable-linger", "tester"], check=True)
        wait_until(lambda: os.path.exists("/run/user/1000/bus"), "the user's bus", 30)

    def command(self, *arguments):
        return ["setpriv", "--reuid=1000", "--regid=1000", "--init-groups", "--reset-env", "env",
                "XDG_RUNTIME_DIR=/run/user/1000", *map(str, arguments)]

    def call(self, *arguments):
        return subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False, timeout=25)

    def units(self, word):
        text = self.call("systemctl", "--user", "list-units", "--all", "--plain", "--no-legend", "--full").stdout
        return [line.split()[0] for line in text.splitlines() if word in line.split()[0]]


def for_a_user(bundle):
    """Makes the bundle one that uid 1000 may run; the runtime's program, where that user can reach it."""
    bundle.drop_mounts("/dev/pts")
    bundle.drop_namespace("network")
    bundle.drop_mounts("/sys")
    bundle.resources.pop("devices", None)
    bundle.write()
    program = shutil.copy(bundle.runtime.program, bundle.path)
    for folder in (bundle.path, os.path.dirname(bundle.path)):
        os.chmod(folder, 0o755)
    subprocess.run(["chown", "-R", "1000:1000", os.path.dirname(bundle.path)], check=True)
    return program


@since(crun="never")
@limit(60)
@each(("beside it", ""), ("out of reach", ""), ("beside it", "inner"), ("out of reach", "inner"))
def test_user(bundle, where, subgroup):
    """As podman does it: in a user namespace, from within the user's own tree of cgroups, or from elsewhere."""
    user = User()
    unit = use_systemd(bundle, slice_name="")
    bundle.process["args"] = ["/bin/sh", "-c", "echo started; sleep 100"]
    bundle.resources["pids"] = {"limit": 33}
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": subgroup}
    program = for_a_user(bundle)
    root = f"/run/user/1000/{os.environ['SKIFF_TEST_ID']}"
    runtime = [program, "--root", root, "--systemd-cgroup"]
    inside = ["unshare", "--user", "--map-root-user", "--map-auto", "--mount"]
    if where == "beside it":
        inside = ["systemd-run", "--user", "--scope", "--quiet", *inside]
    try:
        log = f"{bundle.path}/log"
        result = user.call(*inside, "sh", "-c",
                           f"{' '.join(runtime)} run --detach --bundle {bundle.path} box >{log} 2>&1 </dev/null")
        assert result.returncode == 0, (result, linux.read_text(log))
        assert user.units(unit) == [unit]
        group = f"{ROOT}/user.slice/user-1000.slice/user@1000.service/user.slice/{unit}"
        assert linux.read_text(f"{group}/pids.max") == "33"
        assert linux.read_text(f"{group}/{subgroup}/cgroup.procs").split()
        shown = user.call("systemctl", "--user", "show", unit, "--property=TasksMax").stdout.strip()
        assert shown == "TasksMax=33"
    finally:
        result = user.call(*inside, *runtime, "delete", "--force", "box")
    assert result.returncode == 0, result
    assert not user.units(unit)
    assert not os.path.exists(group)


@since(runc="never")
@limit(60)
@each("inner", "inner/most")
def test_subgroup(bundle, name):
    """crun's run.oci.systemd.subgroup: the container is in a cgroup below its scope, and all of its life."""
    unit = use_systemd(bundle)
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": name}
    bundle.resources["pids"] = {"limit": 20}
    bundle.resources["cpu"] = {"shares": 512}
    container = bundle.start("/bin/sleep", "1000")
    places = [line.split(":", 2)[2] for line in linux.read_text(f"/proc/{container.pid}/cgroup").splitlines()
              if not (UNDER_VERSION_1 and line.startswith("0::"))]
    assert set(places) == {f"/system.slice/{unit}/{name}"}
    assert show(unit, "TasksMax", "ActiveState") == {"TasksMax": "20", "ActiveState": "active"}
    group = container.cgroup("pids")
    assert group.endswith(f"/{unit}/{name}") and linux.read_text(f"{group}/pids.max") == "20"
    shown = bundle.runtime.ok("exec", container.id, "cat", "/proc/self/cgroup").splitlines()
    assert all(line.endswith(":/") for line in shown if not (UNDER_VERSION_1 and line.startswith("0::"))), shown
    bundle.runtime.ok("pause", container.id)
    systemctl("daemon-reload")
    assert container.status == "paused"
    update(bundle, container, {"pids": {"limit": 30}})
    bundle.runtime.ok("resume", container.id)
    assert show(unit, "TasksMax") == {"TasksMax": "30"} and linux.read_text(f"{group}/pids.max") == "30"
    container.delete("--force")
    assert not units(unit)
    assert not cgroup.find(unit)


@since(runc="never")
@each(("crun", None, "/container"), ("crun", "", ""), ("skiff", None, ""))
def test_default_subgroup(bundle, name, annotation, below):
    unit = use_systemd(bundle)
    if annotation is not None:
        bundle.config["annotations"] = {"run.oci.systemd.subgroup": annotation}
    program = f"{bundle.path}/{name}"
    os.symlink(bundle.runtime.program, program)
    bundle.runtime.program = program
    container = bundle.start()
    below = "" if UNDER_VERSION_1 else below
    assert container.cgroup("pids").endswith(f"/system.slice/{unit}{below}")
    container.delete("--force")
    assert not units(unit)


@since(runc="never")
def test_delegated_below_a_subgroup(bundle):
    if UNDER_VERSION_1:
        skip("version 1 here")
    unit = use_systemd(bundle)
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": "inner", "run.oci.delegate-cgroup": "given"}
    bundle.resources["pids"] = {"limit": 20}
    container = bundle.start("/bin/sleep", "1000")
    assert container.cgroup("pids") == f"{ROOT}/system.slice/{unit}/inner/given"
    assert linux.read_text(f"{ROOT}/system.slice/{unit}/inner/pids.max") == "20"
    assert read(container, "pids.max") == "max"
    assert bundle.runtime.ok("exec", container.id, "cat", "/proc/self/cgroup") == "0::/given\n"
    container.delete("--force")
    assert not units(unit)


@since(runc="never", crun="never")
def test_subgroup_that_wants_out(bundle):
    use_systemd(bundle)
    bundle.config["annotations"] = {"run.oci.systemd.subgroup": "../other"}
    bundle.fails("annotation run.oci.systemd.subgroup: invalid `..` component", "/bin/true")
