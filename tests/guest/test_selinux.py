"""SELinux labels, on a kernel with SELinux and a policy that knows containers."""

import contextlib
import os
import shutil
import subprocess

from lib import each, linux, skip
from lib.execs import exec_json, exec_out, process_file

PROCESS = "system_u:system_r:container_t:s0:c1,c2"
OTHER = "system_u:system_r:container_t:s0:c3,c4"
FILES = "system_u:object_r:container_file_t:s0:c1,c2"
NONE = "system_u:system_r:nosuch_t:s0"
ENFORCE = "/sys/fs/selinux/enforce"
COPY = "/var/tmp/skiff-selinux"


def labelled(bundle, process=PROCESS, files=FILES):
    """Gives the bundle's program and mounts these labels."""
    if not os.path.exists(ENFORCE):
        skip("the kernel has no SELinux, or it is off")
    bundle.process["selinuxLabel"], bundle.linux["mountLabel"] = process, files
    subprocess.run(["chcon", "-R", FILES, bundle.rootfs], check=True)
    return bundle


@contextlib.contextmanager
def enforcing(bundle):
    """SELinux means it, and the runtime is a program like any other of an administrator's."""
    shutil.copy(bundle.runtime.program, COPY)
    subprocess.run(["chcon", "-t", "bin_t", COPY], check=True)
    bundle.runtime.program = COPY
    bundle.runtime.wrapper = ["runcon", "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023"]
    with open(ENFORCE, "w", encoding="ascii") as file:
        file.write("1")
    try:
        yield
    finally:
        with open(ENFORCE, "w", encoding="ascii") as file:
            file.write("0")
        os.unlink(COPY)


def clean(label):
    return label.strip("\0\n")


def contexts(pid):
    """The labels of the file systems that are mounted inside, by their targets; None for one without."""
    found = {}
    for line in linux.read_text(f"/proc/{pid}/mountinfo").splitlines():
        point = linux.MountPoint(line)
        options = ",".join(point.fs_options)
        found[point.target] = options.split('context="')[1].split('"')[0] if 'context="' in options else None
    return found


def test_label_of_the_program(bundle):
    report = labelled(bundle).report()
    assert clean(report["label"]) == PROCESS
    assert report["keyring_label"] == PROCESS


def test_label_by_start(bundle):
    container = labelled(bundle).create("/bin/cat", "/proc/self/attr/current")
    assert "container_t" not in linux.read_text(f"/proc/{container.pid}/attr/current")
    container.start()
    assert container.reap() == 0 and clean(container.output()) == PROCESS


def test_label_with_an_unprivileged_user(bundle):
    labelled(bundle).process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["capabilities"] = {}
    assert clean(bundle.report()["label"]) == PROCESS


def test_label_in_a_user_namespace(bundle):
    labelled(bundle).map_users()
    report = bundle.report()
    assert clean(report["label"]) == PROCESS and report["keyring_label"] == PROCESS


def test_no_label(bundle):
    labelled(bundle, "", "")
    container = bundle.start()
    own = linux.read_text("/proc/self/attr/current")
    assert linux.read_text(f"/proc/{container.pid}/attr/current") == own
    assert all(context is None or "c1,c2" not in context for context in contexts(container.pid).values())


def test_label_of_exec(bundle, folder):
    container = labelled(bundle).start()
    assert clean(exec_json(container)["label"]) == PROCESS
    report = exec_json(container, "--process-label", OTHER)
    assert clean(report["label"]) == OTHER and report["keyring_label"] == PROCESS  # the container's
    file = process_file(folder, args=["/bin/cat", "/proc/self/attr/current"], cwd="/", selinuxLabel=OTHER)
    assert clean(exec_out(container, flags=["--process", file])) == OTHER


def test_label_of_exec_alone(bundle):
    container = labelled(bundle, process="").start()
    assert clean(exec_json(container, "--process-label", PROCESS)["label"]) == PROCESS


def test_labels_of_hooks(bundle, folder):
    """A startContainer hook is one of the container's programs; the others are the runtime's."""
    labelled(bundle)
    for moment in ("prestart", "createRuntime", "createContainer", "poststart"):
        bundle.add_hook(moment, "/bin/sh", "-c", f"cat /proc/self/attr/current > {folder}/{moment}")
    bundle.add_hook("startContainer", "/bin/sh", "-c", "cat /proc/self/attr/current > /tmp/label")
    container = bundle.start()
    own = linux.read_text("/proc/self/attr/current")
    for moment in ("prestart", "createRuntime", "createContainer", "poststart"):
        assert linux.read_text(f"{folder}/{moment}") == own, moment
    assert clean(linux.read_text(f"{bundle.rootfs}/tmp/label")) == PROCESS
    container.delete("--force")


def test_mount_label(bundle):
    labelled(bundle).add_mount("/data", kind="tmpfs", options=["size=1m", "mode=700"])
    bundle.add_mount("/copied", kind="tmpfs", options=["tmpcopyup"])
    bundle.file("/copied/file", "text")
    os.chmod(bundle.rootfs, 0o755)
    container = bundle.start()
    seen = contexts(container.pid)
    for target in ("/dev", "/dev/pts", "/dev/shm", "/data", "/copied"):
        assert seen[target] == FILES, (target, seen)
    for target in ("/proc", "/sys"):
        assert seen[target] is None, (target, seen)
    assert exec_out(container, "/bin/cat", "/copied/file") == "text"


def test_label_of_mqueue(bundle):
    """Its own attribute, as with runc: a file system that does not take the option in all kernels."""
    container = labelled(bundle).start()
    root = f"/proc/{container.pid}/root"
    assert contexts(container.pid)["/dev/mqueue"] is None
    assert clean(os.getxattr(f"{root}/dev/mqueue", "security.selinux").decode()) == FILES


def test_labels_of_devices_and_masks(bundle):
    """What stands in a labelled file system has its label; the bound node of a mask keeps that of /dev."""
    container = labelled(bundle).start()
    root = f"/proc/{container.pid}/root"
    for path in ("/dev/null", "/dev/shm", "/dev/pts", "/proc/kcore", "/sys/firmware"):
        if os.path.exists(f"{root}{path}"):
            assert clean(os.getxattr(f"{root}{path}", "security.selinux").decode()) == FILES, path


@each("context", "fscontext", "rootcontext")  # no file system of a container's takes "defcontext"
def test_mount_context_type(bundle, kind):
    labelled(bundle).config["annotations"] = {"run.oci.mount_context_type": kind}
    container = bundle.start()
    options = ",".join(next(point for point in container.mounts() if point.target == "/dev/shm").fs_options)
    assert f'{kind}="{FILES}"' in options, options


def test_bind_mount_keeps_its_labels(bundle, folder):
    (folder / "data").mkdir()
    labelled(bundle).add_mount("/data", folder / "data", options=["bind"])
    before = os.getxattr(folder / "data", "security.selinux")
    container = bundle.start()
    assert os.getxattr(f"/proc/{container.pid}/root/data", "security.selinux") == before


def test_unknown_label(bundle):
    labelled(bundle, process=NONE)
    bundle.fails("invalid argument", "/bin/true")
    bundle.process["selinuxLabel"] = PROCESS
    container = bundle.start()
    bundle.runtime.fails("invalid argument", "exec", "--process-label", NONE, container.id, "/bin/true", status=255)
    assert container.status == "running"


def test_unknown_label_without_keyring(bundle):
    labelled(bundle, process=NONE)
    bundle.fails("can't set process label: write /proc/self/attr/exec: invalid argument", "/bin/true",
                 flags=["--no-new-keyring"])


def test_unknown_mount_label(bundle):
    labelled(bundle, files=NONE)
    bundle.fails("invalid argument", "/bin/true")


def test_enforcing(bundle, folder):
    """The program may write its own files, and not read those of others that it has the rights to."""
    (folder / "other").mkdir()
    (folder / "other/file").write_text("secret")
    labelled(bundle).add_mount("/other", folder / "other", options=["rbind"])
    subprocess.run(["chcon", "-R", "-t", "shadow_t", folder / "other"], check=True)
    bundle.process["noNewPrivileges"] = False
    script = "exec >/root/out 2>&1; cat /proc/self/attr/current; echo; cat /other/file; echo x > /dev/shm/file && echo ok"
    with enforcing(bundle):
        result = bundle.try_run("/bin/sh", "-c", script)
    output = linux.read_text(f"{bundle.rootfs}/root/out")
    assert result.status == 0 and PROCESS in output, (result, output)
    assert "ermission denied" in output and "secret" not in output and output.rstrip().endswith("ok"), output


def test_enforcing_with_exec(bundle):
    labelled(bundle).process["noNewPrivileges"] = False
    with enforcing(bundle):
        container = bundle.start("/bin/sleep", "1000")
        script = "cat /proc/self/attr/current > /root/label"
        bundle.runtime.ok("exec", "--process-label", PROCESS, container.id, "/bin/sh", "-c", script)
        # This one may not read the files of the root, its program's among them.
        result = bundle.runtime.call("exec", "--process-label", OTHER, container.id, "/bin/sh", "-c", script)
        container.delete("--force")
    assert clean(linux.read_text(f"{bundle.rootfs}/root/label")) == PROCESS
    assert result.status != 0, result


def test_enforcing_what_the_policy_forbids(bundle):
    """The domain may not be entered from the runtime's; nothing is left of the container."""
    labelled(bundle, process="system_u:system_r:init_t:s0").process["noNewPrivileges"] = False
    with enforcing(bundle):
        result = bundle.try_run("/bin/true")
        assert result.status != 0 and "ermission denied" in result.error, result
        assert bundle.runtime.ids() == []
