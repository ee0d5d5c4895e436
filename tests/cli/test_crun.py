"""What crun's callers rely on: its options under any name, and its ways when the program is called crun."""

import json
import os
import re
import shutil
import socket
import subprocess

from lib import cgroup, each, linux, skip
from lib.runtime import ENVIRONMENT, PROGRAM
from lib.sockets import Listener


def called(bundle, name):
    """The runtime of the bundle, from now on called by this name."""
    path = os.path.join(bundle.path, name)
    os.symlink(os.path.realpath(PROGRAM), path)
    bundle.runtime.program = path
    return bundle.runtime


def test_mounts_come_and_go(bundle, runtime, folder):
    (folder / "shared").mkdir()
    (folder / "shared" / "file").write_text("seen")
    box = bundle.start("sleep", "1000")
    wanted = [{"destination": "/new/dir", "type": "bind", "source": str(folder / "shared"), "options": ["bind", "ro"]},
              {"destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}]
    (folder / "mounts.json").write_text(json.dumps(wanted))
    runtime.ok("mounts", "add", box.id, folder / "mounts.json")
    assert runtime.ok("exec", box.id, "cat", "/new/dir/file") == "seen"
    table = runtime.ok("exec", box.id, "cat", "/proc/self/mountinfo")
    assert [line.split()[5].split(",")[0] for line in table.splitlines()
            if line.split()[4] in ("/new/dir", "/scratch")] == ["ro", "ro"]
    runtime.ok("mounts", "remove", box.id, folder / "mounts.json")
    table = runtime.ok("exec", box.id, "cat", "/proc/self/mountinfo")
    assert "/new/dir" not in table and "/scratch" not in table


@each(("skiff", "creating"), ("runc", "creating"), ("crun", "created"))
def test_what_early_hooks_see(bundle, folder, name, status):
    """The specification calls it both, and each runtime has its callers."""
    called(bundle, name)
    moments = ("prestart", "createRuntime", "createContainer")
    for moment in moments:
        bundle.add_hook(moment, "/bin/sh", "-c", f"cat > {folder}/{moment}")
    bundle.run("true")
    for moment in moments:
        assert json.loads((folder / moment).read_text())["status"] == status, moment


def test_start_without_a_process(bundle):
    del bundle.config["process"]
    bundle.write()
    runtime, name = called(bundle, "crun"), bundle.new_id()
    runtime.ok("create", "--bundle", bundle.path, name)
    pid = runtime.state(name)["pid"]
    result = runtime.call("start", name)
    assert result.status == 0 and "has no process" in result.err, result
    os.waitpid(pid, 0)
    assert runtime.state(name)["status"] == "stopped"


def test_options_of_binds(bundle, folder):
    """To mount(2) they mean nothing, nor to crun; runc refuses them."""
    bundle.add_mount("/data", folder, options=["bind", "ro", "size=1k", "mode=755"])
    bundle.fails("bind mounts cannot have any filesystem-specific options applied", "true")
    called(bundle, "crun")
    assert bundle.run("grep", "-c", " /data ro", "/proc/self/mountinfo") == "1"


@each(("", "`` not found in $PATH"), ("nosuch", "`nosuch` not found in $PATH"), ("/no/such", "`/no/such` not found"))
def test_missing_program(bundle, program, text):
    """runc's words are in cases.py."""
    box = bundle.start("sleep", "1000")
    called(bundle, "crun")
    end = f'executable file {text}: No such file or directory"\n'
    for result in (bundle.try_run(program), bundle.runtime.call("exec", box.id, program)):
        assert result.status != 0 and result.err.endswith(end), result


def has_module(name):
    return {"AppArmor": linux.read_text("/sys/module/apparmor/parameters/enabled", "N") == "Y",
            "SELinux": os.path.exists("/sys/fs/selinux/enforce")}[name]


@each(("process", "apparmorProfile", "AppArmor"), ("process", "selinuxLabel", "SELinux"),
      ("linux", "mountLabel", "SELinux"))
def test_labels_of_a_missing_module(bundle, folder, part, field, module):
    """crun says nothing; here it is told of under any threshold. lifecycle/ and conformance/ have it refused."""
    if has_module(module):
        skip(f"{module} is enabled here")
    called(bundle, "crun")
    bundle.config[part][field] = "system_u:object_r:container_file_t:s0"
    text = f'{part}.{field} \\"system_u:object_r:container_file_t:s0\\" takes no effect: {module} is not enabled'
    result = bundle.try_run("echo", "x")
    assert (result.status, result.out) == (0, "x\n") and result.err.count(text) == 1, result
    box = bundle.start("sleep", "1000")
    result = bundle.runtime.call("exec", box.id, "echo", "y")
    assert (result.status, result.out) == (0, "y\n") and result.err.count(text) == (part == "process"), result
    (folder / "mounts.json").write_text(json.dumps([{"destination": "/x", "type": "tmpfs", "source": "tmpfs"}]))
    result = bundle.runtime.call("mounts", "add", box.id, folder / "mounts.json")
    assert result.status == 0 and result.err.count(text) == (part == "linux"), result
    called(bundle, "runc")
    bundle.fails("", "true")


def mixed_mounts(bundle, folder, host):
    """Binds in front of file systems, between them and behind, of all kinds; their destinations in this order."""
    (folder / "data/below").mkdir(parents=True)
    (folder / "data/file").write_text("text")
    linux.mount("tmpfs", folder / "data/below", "tmpfs")
    bundle.config["mounts"].insert(0, {"destination": "/first", "type": "bind", "source": str(folder / "data"),
                                       "options": ["bind"]})
    for number, kind in enumerate(("ro", "shared", "slave", "private", "unbindable", "rro", "rshared", "runbindable")):
        bundle.add_mount(f"/b{number}", folder / "data", options=["rbind", kind])
        bundle.add_mount(f"/t{number}", kind="tmpfs", options=["size=1k"])
    bundle.add_mount("/file", folder / "data/file", options=["bind", "ro", "nosuid"])
    bundle.add_mount("/mapped", folder / "data", options=["bind", "idmap"])
    for kind in ("uid", "gid"):
        bundle.config["mounts"][-1][f"{kind}Mappings"] = [{"containerID": 0, "hostID": host, "size": 1000}]
    return [mount["destination"] for mount in bundle.config["mounts"]]


def is_before(*version):
    return tuple(map(int, re.findall(r"\d+", os.uname().release)[:2])) < version


@each(False, True)
def test_order_of_mounts(bundle, folder, in_user_namespace):
    """Since Linux 6.8 mountinfo has the oldest first, and the runtime opens binds before init mounts anything."""
    if is_before(6, 15) and not is_before(6, 8):
        skip("this kernel sorts mounts by age, and copies none of another namespace")
    if in_user_namespace:
        bundle.map_users()
    wanted = mixed_mounts(bundle, folder, 100000 if in_user_namespace else 7)
    os.chown(folder / "data/file", 0, 0)
    reports = []
    for name in ("skiff", "crun"):
        called(bundle, name)
        reports.append([linux.MountPoint(line) for line in bundle.report()["mounts"]])
    theirs, ours = ({point.target: point for point in report} for report in reports)
    assert [point.target for point in reports[1] if point.target in wanted] == wanted
    assert theirs.keys() == ours.keys()
    for target, point in theirs.items():
        assert [word.partition(":")[0] for word in point.propagation] == \
               [word.partition(":")[0] for word in ours[target].propagation], target
        assert (point.root, point.kind, point.options) == \
               (ours[target].root, ours[target].kind, ours[target].options), target
    assert bundle.run("cat", "/file") == "text"
    assert bundle.run("stat", "-c", "%u", "/mapped/file") == ("0" if in_user_namespace else "7")


@each("private", "rslave", "shared")
def test_renewed_binds_and_the_host(bundle, folder, propagation):
    """What the host mounts below the source of a bind arrives, as without the copy, and nothing of it goes away."""
    bundle.linux["rootfsPropagation"] = propagation
    top = folder / "top"
    top.mkdir()
    linux.mount("tmpfs", top, "tmpfs")
    linux.mount("none", top, flags=linux.MS_SHARED)
    for word in ("rslave", "rshared"):
        for name in ("old", "new"):
            (top / word / name).mkdir(parents=True)
        linux.mount("tmpfs", top / word / "old", "tmpfs")
        bundle.add_mount(f"/{word}", top / word, options=["rbind", word])
    called(bundle, "crun")
    box = bundle.start("sleep", "1000")
    for word in ("rslave", "rshared"):
        linux.mount("tmpfs", top / word / "new", "tmpfs")
        inside = [point.target for point in linux.mounts(box.pid)]
        for name in ("old", "new"):
            assert os.path.ismount(top / word / name) and inside.count(f"/{word}/{name}") == 1, inside


@each("/proc/kcore", "/sys/firmware", "/")
def test_masks_stay(bundle, runtime, folder, path):
    box = bundle.start("sleep", "1000")
    (folder / "mounts.json").write_text(json.dumps([{"destination": path}]))
    runtime.fails("cannot be unmounted", "mounts", "remove", box.id, folder / "mounts.json")


def test_mounts_of_a_stopped_container(bundle, runtime, folder):
    box = bundle.create("sleep", "1000")
    (folder / "mounts.json").write_text("[]")
    runtime.ok("mounts", "add", box.id, folder / "mounts.json")
    runtime.fails("unknown command move", "mounts", "move", box.id, folder / "mounts.json")
    runtime.fails("container does not exist", "mounts", "add", "nosuch", folder / "mounts.json")
    (folder / "mounts.json").write_text("{}")
    runtime.fails("array", "mounts", "add", box.id, folder / "mounts.json")



def test_mounts_of_a_container_among_the_hosts(bundle, runtime, folder):
    """Without a mount namespace of its own it has only another root."""
    bundle.drop_namespace("mount")
    del bundle.linux["maskedPaths"], bundle.linux["readonlyPaths"]
    bundle.config["mounts"] = []
    box = bundle.start("sleep", "1000")
    (folder / "mounts.json").write_text(json.dumps([{"destination": str(folder / "new"), "type": "tmpfs"}]))
    for command in ("add", "remove"):
        runtime.fails("no mount namespace of its own", "mounts", command, box.id, folder / "mounts.json")
    assert not (folder / "new").exists()
    box.delete("--force")
    linux.unmount(bundle.rootfs)


def test_regular_expressions(bundle, runtime):
    first, second = bundle.create("sleep", "1000"), bundle.create("sleep", "1000")
    runtime.ok("delete", "--force", "--regex", f"^{first.id}$")
    assert runtime.ids() == [second.id]
    runtime.ok("kill", "--regex", ".*", "KILL")
    runtime.ok("delete", "--force", "--regex", ".")
    assert runtime.ids() == []
    runtime.fails("invalid regular expression [", "delete", "--regex", "[")


def test_other_configuration(bundle, runtime):
    bundle.config["process"]["args"] = ["echo", "other"]
    bundle.write()
    os.rename(os.path.join(bundle.path, "config.json"), os.path.join(bundle.path, "other.json"))
    assert runtime.ok("run", "--config", "other.json", "-b", bundle.path, bundle.new_id()) == "other\n"


def test_log_backends(runtime, folder):
    log = folder / "log"
    runtime.call(f"--log=file:{log}", "--log-level=error", "state", "nosuch")
    assert "container does not exist" in log.read_text()


def test_status_file(bundle):
    runtime = called(bundle, "crun")
    box = bundle.create("sleep", "1000")
    with open(os.path.join(runtime.root, box.id, "status"), encoding="utf-8") as file:
        status = json.load(file)
    assert status["pid"] == runtime.state(box.id)["pid"]
    assert len(json.loads(status["external_descriptors"])) == 3


def test_unknown_capabilities(bundle):
    bundle.config["process"]["capabilities"]["bounding"] = ["CAP_NOSUCH"]
    assert bundle.run("echo", "x") == "x"
    called(bundle, "crun")
    bundle.fails("unknown capability `CAP_NOSUCH`", "true")


def test_user_namespace_without_mappings(bundle):
    bundle.config["linux"]["namespaces"].append({"type": "user"})
    bundle.fails("mappings", "true")
    called(bundle, "crun")
    bundle.drop_mounts("/dev/pts")  # its group is not mapped
    assert bundle.run("cat", "/proc/self/uid_map").split() == ["0", "0", "1"]


def test_version(bundle):
    lines = called(bundle, "crun").ok("--version").splitlines()
    assert lines[0].startswith("crun version ")
    assert lines[-1].startswith("+")


def report_with(bundle, script, *flags):
    """What the container reports when a shell has run this first, and then become the runtime."""
    bundle.process["args"] = ["/bin/report"]
    bundle.write()
    command = [bundle.runtime.program, *bundle.runtime.flags, "run", "--bundle", bundle.path, *flags, bundle.new_id()]
    done = subprocess.run(["bash", "-c", f'{script} exec "$@"', "-", *map(str, command)], capture_output=True,
                          text=True, env=ENVIRONMENT, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_descriptors_that_are_not_open(bundle):
    """As many as there are of --preserve-fds; none of the runtime's own comes in their place."""
    called(bundle, "crun")
    seen = report_with(bundle, "exec 3</etc/passwd 7</etc/group;", "--preserve-fds", "50")
    assert sorted(map(int, seen["fds"])) == [0, 1, 2, 3, 7], seen["fds"]


def test_socket_activation_without_pid(bundle):
    called(bundle, "crun")
    seen = report_with(bundle, "exec 3</etc/passwd; export LISTEN_FDS=1;")
    assert {"LISTEN_FDS=1", "LISTEN_PID=1"} <= set(seen["env"]) and "3" in seen["fds"]


def test_notify_socket_at_the_callers_path(bundle, folder):
    called(bundle, "crun")
    listener = Listener(folder / "socket", socket.SOCK_DGRAM)
    out = bundle.run("/bin/sh", "-c", "echo $NOTIFY_SOCKET; test -S $NOTIFY_SOCKET && notify READY=1",
                     env={"NOTIFY_SOCKET": listener.path})
    assert out.split() == [f"{listener.path}/notify"]
    assert "READY=1" in listener.datagram()


def test_group_of_standard_output(bundle, folder):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["args"] = ["/bin/true"]

    def owner_after_run():
        with open(folder / "out", "w", encoding="ascii") as out:
            bundle.write()
            assert bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), stdout=out).wait(20) == 0
        status = os.stat(folder / "out")
        return status.st_uid, status.st_gid

    assert owner_after_run() == (1000, 0)
    called(bundle, "crun")
    assert owner_after_run() == (1000, 1000)


@each(("skiff", [], "1"), ("crun", [], "0"), ("crun", ["--no-new-privs"], "1"))
def test_no_new_privileges_of_exec(bundle, name, flags, expected):
    box = bundle.start("sleep", "1000")
    out = called(bundle, name).ok("exec", *flags, box.id, "grep", "NoNewPrivs", "/proc/self/status")
    assert out.split()[1] == expected


def test_failing_poststop_hook(bundle):
    bundle.add_hook("poststop", "/bin/false")
    bundle.add_hook("poststop", "/nosuch")
    called(bundle, "crun")
    result = bundle.try_run("/bin/true")
    assert result.status == 0 and result.err.count("poststop hook failed with exit code: 1") == 1, result


def test_directory_of_create_container_hooks(bundle, folder):
    bundle.add_hook("createContainer", "/bin/sh", "-c", f"pwd >{folder}/log; test -e rootfs/proc/self")
    called(bundle, "crun")
    bundle.run("true")
    assert (folder / "log").read_text().strip() == bundle.path


def test_listener_that_no_rule_notifies(bundle, folder):
    listener = Listener(folder / "agent")
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": listener.path}
    assert bundle.run("echo", "x") == "x"
    assert not listener.is_called()
    called(bundle, "crun")
    box = bundle.start("sleep", "1000")
    message, listeners = listener.receive()
    message = json.loads(message)
    assert message["state"]["id"] == box.id and message["ociVersion"] == "0.2.0" and len(listeners) == 1


@each(True, False)
def test_sys_in_the_hosts_network(bundle, has_cgroups):
    """Of a new sysfs the kernel says no."""
    bundle.map_users()
    bundle.drop_namespace("network")
    bundle.drop_mounts("/dev/mqueue")
    if not has_cgroups:
        bundle.drop_mounts("/sys/fs/cgroup")
    bundle.fails("operation not permitted", "true")
    called(bundle, "crun")
    seen = bundle.report()
    mounts = [linux.MountPoint(line) for line in seen["mounts"]]
    assert all("ro" in point.options for point in mounts if point.target == "/sys"), mounts
    below = [point for point in mounts if point.target == "/sys/fs/cgroup"]
    assert below[-1].kind == ("tmpfs" if not has_cgroups or not cgroup.is_v2("pids") else "cgroup2")
    listed = bundle.run("ls", "/sys/fs/cgroup")
    assert bool(listed) == has_cgroups
    bundle.run("ls", "/sys/class/net/lo")


@each("bind", "tmpfs")
def test_mount_over_the_root(bundle, folder, kind):
    shutil.copytree(bundle.rootfs, folder / "tree", symlinks=True)
    (folder / "tree/mark").write_text("seen")
    other = {"destination": "/", "type": "bind", "source": str(folder / "tree"), "options": ["bind"]}
    tmpfs = {"destination": "/", "type": "tmpfs", "source": "tmpfs"}
    binaries = {"destination": "/bin", "type": "bind", "source": f"{bundle.rootfs}/bin", "options": ["bind"]}
    bundle.config["mounts"][:0] = [other] if kind == "bind" else [tmpfs, binaries]
    bundle.fails("is on the top of rootfs", "true")
    called(bundle, "crun")
    out = bundle.run("sh", "-c", "ls /; cat /mark 2>/dev/null; cd /proc/1 && ls -d root/proc")
    assert ("seen" in out) == (kind == "bind") and "root/proc" in out
    assert ("etc" in out.split()) == (kind == "bind")


def test_copy_up_of_the_root(bundle):
    bundle.config["mounts"].insert(0, {"destination": "/", "type": "tmpfs", "source": "tmpfs",
                                       "options": ["tmpcopyup"]})
    called(bundle, "crun")
    bundle.fails("is on the top of rootfs", "true")
