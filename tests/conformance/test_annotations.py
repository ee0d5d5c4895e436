"""crun's extensions by annotation and by mount option: skiff(8), "ANNOTATIONS" and "MOUNT OPTIONS"."""

import json
import os
import select

from lib import each, linux, skip
from lib.seccomp import profile, rule
from lib.sockets import Listener

MOMENTS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


def test_keep_original_groups(bundle):
    os.setgroups([7, 8, 4000])
    bundle.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [5]}
    assert set(bundle.report()["groups"]) & {5, 7, 8, 4000} == {5}
    bundle.config["annotations"] = {"run.oci.keep_original_groups": "1"}
    assert {7, 8, 4000} <= set(bundle.report()["groups"])
    assert 5 not in bundle.report()["groups"]
    bundle.config["annotations"] = {"run.oci.keep_original_groups": "0"}
    assert set(bundle.report()["groups"]) & {5, 7, 8, 4000} == {5}


def test_keep_original_groups_in_a_user_namespace(bundle):
    """They have no names in there."""
    os.setgroups([7, 8, 4000])
    bundle.map_users()
    bundle.config["annotations"] = {"run.oci.keep_original_groups": "1"}
    assert 65534 in bundle.report()["groups"]


@each(*MOMENTS)
def test_output_of_hooks(bundle, folder, moment):
    """Appended to files outside, also by hooks that cannot see them."""
    bundle.config["annotations"] = {"run.oci.hooks.stdout": str(folder / "out"),
                                    "run.oci.hooks.stderr": str(folder / "err")}
    bundle.add_hook(moment, "/bin/sh", "-c", "echo to stdout; echo to stderr >&2")
    for _ in range(2):
        bundle.run("/bin/sleep", "0.1")
    assert (folder / "out").read_text() == "to stdout\n" * 2
    assert (folder / "err").read_text() == "to stderr\n" * 2


def test_output_of_hooks_to_a_missing_directory(bundle, folder):
    bundle.config["annotations"] = {"run.oci.hooks.stdout": str(folder / "missing/out")}
    bundle.fails("no such file or directory", "/bin/true")


def test_fail_unknown_syscall(bundle):
    bundle.linux["seccomp"] = profile(rule("no_such_call", "SCMP_ACT_ERRNO"))
    bundle.run("/bin/true")
    bundle.config["annotations"] = {"run.oci.seccomp_fail_unknown_syscall": "1"}
    bundle.fails('invalid seccomp syscall "no_such_call"', "/bin/true")
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"))
    bundle.run("/bin/true")


def test_seccomp_receiver(bundle, folder):
    listener = Listener(folder / "agent")
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"))
    bundle.config["annotations"] = {"run.oci.seccomp.receiver": listener.path}
    container = bundle.start("/bin/sleep", "1000")
    text, (fd,) = listener.receive()
    assert json.loads(text)["pid"] == container.pid
    os.close(fd)
    bundle.runtime.ok("exec", container.id, "/bin/true")
    text, (fd,) = listener.receive()
    assert json.loads(text)["state"]["id"] == container.id
    os.close(fd)


def test_seccomp_receiver_of_the_environment(bundle, folder):
    """For want of an annotation, which is there for want of a listenerPath."""
    listeners = [Listener(folder / name) for name in ("field", "annotation", "variable")]
    options = {"env": {"RUN_OCI_SECCOMP_RECEIVER": listeners[2].path}}
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"))
    bundle.run("/bin/true", **options)
    assert [listener.is_called() for listener in listeners] == [False, False, True]
    bundle.config["annotations"] = {"run.oci.seccomp.receiver": listeners[1].path}
    bundle.run("/bin/true", **options)
    assert [listener.is_called() for listener in listeners] == [False, True, True]
    bundle.linux["seccomp"]["listenerPath"] = listeners[0].path
    bundle.run("/bin/true", **options)
    assert [listener.is_called() for listener in listeners] == [True, True, True]
    del bundle.config["annotations"], bundle.linux["seccomp"]["listenerPath"]
    bundle.fails('RUN_OCI_SECCOMP_RECEIVER: "agent" is not an absolute path', "/bin/true",
                 env={"RUN_OCI_SECCOMP_RECEIVER": "agent"})


def test_relative_seccomp_receiver(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"))
    bundle.config["annotations"] = {"run.oci.seccomp.receiver": "agent"}
    bundle.fails('annotation run.oci.seccomp.receiver: "agent" is not an absolute path', "/bin/true")


def test_pidfd_receiver(bundle, folder):
    listener = Listener(folder / "pidfd")
    bundle.config["annotations"] = {"run.oci.pidfd_receiver": listener.path}
    container = bundle.start("/bin/sleep", "100")
    _, (fd,) = listener.receive()
    assert f"Pid:\t{container.pid}\n" in linux.read_text(f"/proc/self/fdinfo/{fd}") + "\n"
    assert not select.select([fd], [], [], 0)[0]
    container.kill("KILL")
    assert select.select([fd], [], [], 10)[0], "a pidfd is readable when its process has ended"
    os.close(fd)


@each("context", "fscontext", "defcontext", "rootcontext")
def test_mount_context_type(bundle, kind):
    """Told by the name of the option that a kernel without SELinux refuses; guest/test_selinux.py has the other."""
    if os.path.exists("/sys/fs/selinux/enforce"):
        skip("SELinux is enabled here")
    bundle.config["annotations"] = {"run.oci.mount_context_type": kind}
    bundle.linux["mountLabel"] = "system_u:object_r:container_file_t:s0"
    bundle.fails(f"mount label: {kind}: invalid argument", "/bin/true")


def test_unknown_mount_context_type(bundle):
    bundle.config["annotations"] = {"run.oci.mount_context_type": "othercontext"}
    bundle.fails('unknown context type "othercontext"', "/bin/true")


def test_copy_symlink(bundle, folder):
    (folder / "link").symlink_to("over/there")
    bundle.add_mount("/new/link", folder / "link", options=["bind", "copy-symlink"])
    assert bundle.run("/bin/readlink", "/new/link") == "over/there"
    bundle.run("/bin/true")  # the same link is there already
    os.unlink(f"{bundle.rootfs}/new/link")
    os.symlink("elsewhere", f"{bundle.rootfs}/new/link")
    bundle.fails("something else is there", "/bin/true")


def test_copy_symlink_of_a_file(bundle, folder):
    (folder / "file").write_text("text")
    bundle.add_mount("/new/file", folder / "file", options=["bind", "copy-symlink"])
    assert bundle.run("/bin/cat", "/new/file") == "text"


def test_source_nofollow(bundle, folder):
    (folder / "file").write_text("text")
    (folder / "link").symlink_to("file")
    os.symlink("nothing", f"{bundle.rootfs}/target")
    bundle.add_mount("/target", folder / "link", options=["bind", "src-nofollow", "dest-nofollow"])
    assert bundle.run("/bin/readlink", "/target") == "file"


def test_destination_nofollow(bundle, folder):
    (folder / "file").write_text("text")
    (folder / "link").symlink_to("file")
    os.symlink("/etc/passwd", f"{bundle.rootfs}/target")
    before = linux.read_text(f"{bundle.rootfs}/etc/passwd")
    bundle.add_mount("/target", folder / "link", options=["bind", "src-nofollow", "dest-nofollow"])
    assert bundle.shell("readlink /target; cat /etc/passwd") == f"file\n{before}"


def mapped(bundle, folder, option, uid=1, gid=2):
    data = folder / "data"
    data.mkdir()
    linux.mount("tmpfs", data, "tmpfs", 0, "mode=755")
    (data / "file").touch()
    os.chown(data / "file", uid, gid)
    bundle.add_mount("/data", data, options=["bind", option])


@each(("idmap=uids=0-1000-10;gids=0-2000-10", "1001:2002"), ("ridmap=uids=0-1000-1#1-3000-5;gids=2-7-1", "3000:7"))
def test_custom_idmap(bundle, folder, option, owner):
    mapped(bundle, folder, option)
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/file") == owner


def test_custom_idmap_relative_to_the_container(bundle, folder):
    bundle.map_users(100000)
    mapped(bundle, folder, "idmap=uids=@1-3-10;gids=@2-40-10")
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/file") == "3:40"


def test_idmap_of_the_containers_user_namespace(bundle, folder):
    bundle.map_users(100000)
    mapped(bundle, folder, "idmap")
    assert bundle.run("/bin/stat", "-c", "%u:%g", "/data/file") == "1:2"


@each(("uids=0-1-10", "idmap must have both uids and gids"), ("uids=0-1;gids=0-1-1", 'invalid id mapping "0-1"'),
      ("pids=1-1-1", 'invalid option of idmap "pids=1-1-1"'),
      ("uids=@0-1-1;gids=0-1-1", "the container's user namespace does not map id 1"))
def test_bad_custom_idmap(bundle, folder, text, error):
    mapped(bundle, folder, f"idmap={text}")
    bundle.fails(error, "/bin/true")
