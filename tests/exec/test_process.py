"""What the process of `exec` finds: the container's own, and what the options change."""

import json
import os
import subprocess

from lib import each, linux, since, skip
from lib.execs import Detached, exec_json, exec_out, process_file
from lib.fixtures import reap


def test_output_and_status(bundle):
    container = bundle.start()
    assert exec_out(container, "echo", "hello") == "hello"
    for status in (0, 1, 42, 255):
        assert container.runtime.call("exec", container.id, "sh", "-c", f"exit {status}").status == status


def test_status_of_a_signal(bundle):
    container = bundle.start()
    assert container.runtime.call("exec", container.id, "sh", "-c", "kill -9 $$").status == 128 + 9


def test_options_end_at_the_id(bundle):
    container = bundle.start()
    assert exec_out(container, "echo", "-e", "--cwd", "-t") == "--cwd -t"


def test_same_surroundings_as_the_first_process(bundle):
    bundle.process["env"] += ["ONE=1"]
    bundle.process["oomScoreAdj"] = 300
    bundle.process["rlimits"].append({"type": "RLIMIT_CORE", "hard": 7, "soft": 7})
    first = bundle.report()
    container = bundle.start()
    seen = exec_json(container)
    for key in ("env", "uids", "gids", "groups", "umask", "rlimits", "oom_score_adj", "cwd", "affinity", "securebits",
                "dumpable", "hostname", "exe"):
        assert seen[key] == first[key], key
    for key in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "SigBlk", "SigIgn"):
        assert seen["status"][key] == first["status"][key], key
    assert seen["sid"] == seen["pid"] and seen["ppid"] == 0
    assert sorted(seen["fds"]) == ["0", "1", "2"]


def test_environment(bundle):
    bundle.process["env"] = ["PATH=/bin", "ONE=1"]
    container = bundle.start()
    seen = exec_json(container, "--env", "TWO=2", "-e", "ONE=one", env={"SECRET": "1"})["env"]
    assert sorted(seen) == ["HOME=/root", "ONE=one", "PATH=/bin", "TWO=2"]


def test_directory(bundle):
    container = bundle.start()
    assert exec_out(container, "pwd", flags=["--cwd", "/bin"]) == "/bin"
    container.runtime.fails("no such file or directory", "exec", "--cwd", "/missing", container.id, "true", status=255)


def test_user(bundle):
    container = bundle.start()
    seen = exec_json(container, "--user", "1000:1001")
    assert (set(seen["uids"]), set(seen["gids"])) == ({1000}, {1001})
    assert "HOME=/home/user" in seen["env"]
    seen = exec_json(container, "-u", "2000")
    assert (set(seen["uids"]), set(seen["gids"])) == ({2000}, {0})
    assert "HOME=/" in seen["env"]


@each(("x", "bad uid"), ("1:x", "bad gid"))
def test_bad_user(bundle, user, text):
    container = bundle.start()
    container.runtime.fails(text, "exec", "--user", user, container.id, "true", status=255)


@since(crun="never")
def test_additional_groups(bundle):
    container = bundle.start()
    seen = exec_json(container, "--user", "1000:1000", "--additional-gids", "100", "-g", "65534")
    assert seen["groups"] == [100, 65534]


def test_capabilities(bundle):
    container = bundle.start()
    seen = exec_json(container, "--cap", "CAP_CHOWN", "-c", "CAP_SYSLOG")["status"]
    for kind in ("CapPrm", "CapEff", "CapBnd"):
        assert int(seen[kind], 16) & (1 << 0 | 1 << 34) == 1 << 0 | 1 << 34


@each(True, False)
def test_no_new_privileges(bundle, value):
    bundle.process["noNewPrivileges"] = not value
    container = bundle.start()
    assert exec_json(container, f"--no-new-privs={str(value).lower()}")["status"]["NoNewPrivs"] == str(int(value))


def test_process_file(bundle, folder):
    container = bundle.start()
    path = process_file(folder, args=["/bin/report", "a"], env=["PATH=/bin", "MINE=1"], cwd="/tmp",
                        user={"uid": 1000, "gid": 1000, "additionalGids": [5]},
                        capabilities={"bounding": ["CAP_KILL"]}, noNewPrivileges=True,
                        rlimits=[{"type": "RLIMIT_NOFILE", "hard": 99, "soft": 98}])
    seen = json.loads(container.runtime.ok("exec", "--process", path, container.id))
    assert seen["args"] == ["/bin/report", "a"]
    assert sorted(seen["env"]) == ["HOME=/home/user", "MINE=1", "PATH=/bin"]
    assert (seen["cwd"], seen["groups"], seen["uids"][0]) == ("/tmp", [5], 1000)
    assert int(seen["status"]["CapBnd"], 16) == 1 << 5
    assert seen["rlimits"]["RLIMIT_NOFILE"] == [98, 99]


def test_process_file_fills_gaps_from_the_container(bundle, folder):
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "hard": 5, "soft": 4}]
    first = bundle.report()
    container = bundle.start()
    path = process_file(folder, args=["/bin/report"], cwd="/")
    seen = json.loads(container.runtime.ok("exec", "-p", path, container.id))
    assert seen["rlimits"]["RLIMIT_CORE"] == [4, 5]
    assert seen["status"]["CapBnd"] == first["status"]["CapBnd"]
    assert seen["env"] == ["HOME=/root"]


@each(("{", ""), ('{"args": ["true"], "cwd": ""}', "Cwd property must not be empty"),
      ('{"args": ["true"], "cwd": "x"}', "Cwd must be an absolute path"), ('{"cwd": "/"}', "args must not be empty"))
def test_bad_process_file(bundle, folder, content, text):
    container = bundle.start()
    path = folder / "process"
    path.write_text(content)
    container.runtime.fails(text, "exec", "--process", path, container.id, status=255)


def test_missing_process_file(bundle, folder):
    container = bundle.start()
    container.runtime.fails("no such file or directory", "exec", "-p", folder / "missing", container.id, status=255)


def test_configuration_of_the_creation_holds(bundle):
    """Later changes of the bundle's config.json do not matter: specification, "Create"."""
    container = bundle.start()
    bundle.process["env"] = ["LATER=1"]
    bundle.write()
    if bundle.runtime.name != "skiff":
        skip("runc and crun read the bundle again")
    assert "LATER=1" not in exec_json(container)["env"]


def test_preserved_descriptors(bundle, folder):
    container = bundle.start()
    (folder / "file").write_text("kept")
    with open(folder / "file", encoding="ascii") as file, open(os.devnull, encoding="ascii") as null:
        os.dup2(file.fileno(), 60)
        os.dup2(null.fileno(), 61)
        try:
            # 3 and 4 are wanted there, whatever the harness has at these numbers
            script = f"exec {bundle.runtime.program} --root {bundle.runtime.root} exec --preserve-fds 2 {container.id} " \
                     "/bin/sh -c 'cat <&3; ls /proc/self/fd' 3<&60 4<&61"
            out = subprocess.run(["/bin/bash", "-c", script], pass_fds=(60, 61), capture_output=True, text=True,
                                 timeout=20, check=True).stdout
        finally:
            os.close(60)
            os.close(61)
    assert out.startswith("kept")


def test_preserved_descriptor_that_is_not_there(bundle):
    container = bundle.start()
    bundle.runtime.fails("unable to stat preserved-fd", "exec", "--preserve-fds", "9", container.id, "true", status=255)


def test_scheduler_and_io_priority(bundle, folder):
    container = bundle.start()
    path = process_file(folder, args=["/bin/report"], cwd="/", scheduler={"policy": "SCHED_BATCH", "nice": 3},
                        ioPriority={"class": "IOPRIO_CLASS_BE", "priority": 6})
    if bundle.runtime.is_older({"runc": "1.2", "crun": "never"}):
        skip("scheduler or I/O priority unknown")
    seen = json.loads(container.runtime.ok("exec", "-p", path, container.id))
    assert (seen["policy"], seen["nice"], seen["io_priority"]) == (3, 3, 2 << 13 | 6)


@since(runc="1.3", crun="never")
def test_affinity(bundle, folder):
    if len(os.sched_getaffinity(0)) < 2:
        skip("one CPU only")
    container = bundle.start()
    path = process_file(folder, args=["/bin/report"], cwd="/", execCPUAffinity={"initial": "1", "final": "0"})
    assert json.loads(container.runtime.ok("exec", "-p", path, container.id))["affinity"] == [0]
    path = process_file(folder, args=["/bin/report"], cwd="/", execCPUAffinity={"initial": "1"})
    assert json.loads(container.runtime.ok("exec", "-p", path, container.id))["affinity"] == [1]
    os.sched_setaffinity(0, [0])
    assert len(exec_json(container)["affinity"]) > 1, "the caller's is not inherited"


def test_keyring(bundle):
    container = bundle.start()
    first, second = exec_json(container)["keyring"], exec_json(container)["keyring"]
    assert first == second > 0


def test_personality(bundle):
    if os.uname().machine != "x86_64":
        skip("x86-64 only")
    bundle.linux["personality"] = {"domain": "LINUX32"}
    container = bundle.start()
    if bundle.runtime.is_older({"runc": "1.2", "crun": "never"}):
        skip("personality unknown")
    assert exec_json(container)["machine"] == "i686"


def test_namespaces(bundle):
    bundle.set_namespace("time")
    container = bundle.start()
    with Detached(container, "sleep", "100") as process:
        for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup", "time", "user"):
            assert linux.namespace(process.pid, kind) == container.namespace(kind), kind
        assert os.stat(f"/proc/{process.pid}/root").st_ino == os.stat(f"/proc/{container.pid}/root").st_ino


def test_user_namespace(bundle):
    bundle.map_users()
    container = bundle.start()
    seen = exec_json(container, "--user", "7:8", "-g", "9")
    assert (set(seen["uids"]), set(seen["gids"]), seen["groups"]) == ({7}, {8}, [9])
    assert seen["uid_map"][0].split() == ["0", "100000", "65536"]


def test_joined_namespaces(bundle, make_bundle):
    sandbox = bundle.start()
    other = make_bundle()
    for kind, name in (("pid", "pid"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts")):
        other.set_namespace(kind, f"/proc/{sandbox.pid}/ns/{name}")
    other.config.pop("hostname")
    container = other.start()
    seen = exec_json(container)
    assert seen["hostname"] == "box"
    with Detached(container, "sleep", "100") as process:
        for kind in ("pid", "network", "ipc", "uts"):
            assert linux.namespace(process.pid, kind) == sandbox.namespace(kind), kind
        assert linux.namespace(process.pid, "mount") == container.namespace("mount")
    container.delete("--force")
    reap()  # the sandbox cannot end before


def test_host_namespaces(bundle):
    for kind in ("pid", "network", "ipc", "uts", "cgroup"):
        bundle.drop_namespace(kind)
    bundle.config.pop("hostname")
    container = bundle.start()
    assert exec_json(container)["pid"] > 2


def test_many_at_once_in_a_shared_pid_namespace(bundle):
    """There the runtime hears of the process through another one, which may be slower than the process itself."""
    bundle.drop_namespace("pid")
    container = bundle.start()
    for _ in range(3):
        calls = [container.runtime.popen("exec", container.id, "true", stdin=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE) for _ in range(25)]
        assert [call.communicate()[1] for call in calls] == [b""] * len(calls)
        assert [call.returncode for call in calls] == [0] * len(calls)
