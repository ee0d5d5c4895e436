"""A user without any rights runs containers: no sudo, no engine, only a user namespace of his own."""

import json
import os
import shutil
import stat

from lib import each, linux

USER = 23456  # nobody's


def as_user(bundle):
    """The bundle becomes the user's, and so do the calls of the runtime; what is asked for is what `spec --rootless` asks."""
    runtime = bundle.runtime
    home = os.path.dirname(runtime.root)
    runtime.program = shutil.copy(runtime.program, os.path.join(home, "skiff"))  # the build may lie where he cannot go
    runtime.wrapper = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    os.makedirs(runtime.root)
    os.chown(runtime.root, USER, USER)
    spec = json.loads(runtime.ok("spec", "--rootless", "--bundle", user_folder(home, "spec")) or
                      linux.read_text(f"{home}/spec/config.json"))
    spec["process"] |= {"terminal": False, "args": ["/bin/sh"]}
    spec["root"]["readonly"] = False
    bundle.config = spec
    bundle.map_users(USER, 1)
    os.chown(bundle.path, USER, USER)
    return bundle


def user_folder(home, name):
    path = os.path.join(home, name)
    os.mkdir(path)
    os.chown(path, USER, USER)
    return path


def test_ids(bundle):
    report = as_user(bundle).report()
    assert report["uids"] == report["gids"] == [0, 0, 0]
    assert report["uid_map"][0].split() == report["gid_map"][0].split() == ["0", str(USER), "1"]


def test_whole_life(bundle):
    container = as_user(bundle).create()
    assert os.stat(f"/proc/{container.pid}").st_uid == USER
    container.start()
    assert bundle.runtime.ok("exec", container.id, "/bin/id", "-u") == "0\n"
    assert container.id in bundle.runtime.ok("list")
    container.kill("TERM")
    assert container.reap() == 7
    assert container.status == "stopped"
    container.delete()
    assert bundle.runtime.ids() == []


def test_devices_are_the_hosts(bundle):
    """mknod(2) is not for him, so init binds what it sees of the host."""
    as_user(bundle)
    assert bundle.shell("echo gone > /dev/null; head -c 3 /dev/zero | wc -c") == "3"
    container = bundle.start("/bin/sleep", "100")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        inside, outside = os.stat(f"/proc/{container.pid}/root/dev/{name}"), os.stat(f"/dev/{name}")
        assert stat.S_ISCHR(inside.st_mode) and inside.st_rdev == outside.st_rdev


def test_device_that_the_host_has_not(bundle):
    as_user(bundle).linux["devices"] = [{"type": "c", "path": "/dev/no-such", "major": 1, "minor": 3}]
    bundle.fails("bind device /dev/no-such: no such file or directory")


def test_other_device_at_the_path(bundle):
    as_user(bundle).linux["devices"] = [{"type": "c", "path": "/dev/null", "major": 1, "minor": 5}]
    bundle.fails("bind device /dev/null: the host has another device at this path")


@each("rw", "ro")
def test_folder_of_his(bundle, folder, option):
    as_user(bundle)
    outside = user_folder(folder, "data")
    bundle.add_mount("/data", outside, options=["rbind", option])
    result = bundle.try_run("/bin/sh", "-c", "echo hello > /data/file")
    assert (result.status == 0) == (option == "rw"), result
    assert os.path.exists(f"{outside}/file") == (option == "rw")
    assert option == "ro" or os.stat(f"{outside}/file").st_uid == USER


def test_folder_of_others_stays_closed(bundle, folder):
    os.mkdir(folder / "secret", 0o700)
    (folder / "secret/file").write_text("secret")
    as_user(bundle).add_mount("/data", folder / "secret", options=["rbind", "rw"])
    result = bundle.try_run("/bin/cat", "/data/file")
    assert result.status != 0 and "secret\n" not in result.out, result


def test_host_name_and_network_are_his_own(bundle):
    as_user(bundle).set_namespace("network")
    assert bundle.run("/bin/hostname") == "runc"
    assert [line.split(":")[0].strip() for line in bundle.run("/bin/cat", "/proc/net/dev").splitlines()[2:]] == ["lo"]


def test_limits_that_he_may_not_set_are_an_error(bundle):
    as_user(bundle).linux["resources"] = {"pids": {"limit": 10}}
    bundle.fails("cannot set pids limit: container could not join or create cgroup")


def test_root_directory_is_in_his_runtime_directory(bundle, folder):
    runtime_dir = user_folder(folder, "run")
    as_user(bundle).runtime.flags = []
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    environment = {"XDG_RUNTIME_DIR": runtime_dir, "HOME": "/"}
    name = bundle.new_id()
    log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
    status = bundle.runtime.popen("run", "--detach", "--bundle", bundle.path, name, env=environment, stdin=-3,
                                  stdout=log, stderr=log).wait(20)
    assert status == 0, linux.read_text(os.path.join(folder, "log"))
    try:
        assert os.listdir(f"{runtime_dir}/skiff/{name}")
    finally:
        bundle.runtime.ok("delete", "--force", name, env=environment)
    assert not os.path.exists(f"{runtime_dir}/skiff/{name}")


def test_joins_his_own_container(bundle):
    sandbox = as_user(bundle).start("/bin/sleep", "100")
    inside = linux.namespace(sandbox.pid, "user")
    for kind in ("user", "ipc"):
        bundle.set_namespace(kind, f"/proc/{sandbox.pid}/ns/{kind}")
    for kind in ("uidMappings", "gidMappings"):
        bundle.linux.pop(kind)
    second = bundle.start("/bin/sleep", "100")
    assert linux.namespace(second.pid, "user") == inside
    assert linux.namespace(second.pid, "ipc") == linux.namespace(sandbox.pid, "ipc")
    assert linux.namespace(second.pid, "mount") != linux.namespace(sandbox.pid, "mount")


def test_container_of_root_is_out_of_reach(bundle):
    """Root's state cannot be read by him, nor his process signalled."""
    container = bundle.start("/bin/sleep", "100")
    program = shutil.copy(bundle.runtime.program, f"{os.path.dirname(bundle.runtime.root)}/skiff")
    os.chmod(bundle.runtime.root, 0o700)
    as_him = type(bundle.runtime)(bundle.runtime.root, program)
    as_him.wrapper = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"]
    as_him.fails("permission denied", "state", container.id)
    as_him.fails("permission denied", "kill", container.id, "KILL")
    assert container.status == "running"
