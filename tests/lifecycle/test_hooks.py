"""The six moments of hooks: when they run, where, with what, and what their failure does."""

import json
import os
import time

from lib import each, linux, since
from lib.container import wait_until
from lib.seccomp import profile, rule

MOMENTS = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
IN_CONTAINER = ["createContainer", "startContainer"]
# Reads the container's pid from the state on stdin.
PID = """pid=$(sed 's/.*"pid": *\\([0-9]*\\).*/\\1/')"""


def log_of(bundle):
    """A file that every hook can write: /log inside the container."""
    return bundle.file("/log", mode=0o666)


def add_script(bundle, moment, script, **more):
    """A hook that runs a shell script, in which $LOG is the file of log_of()."""
    log = "/log" if moment == "startContainer" else f"{bundle.rootfs}/log"
    bundle.add_hook(moment, "/bin/sh", "-c", f"PATH=/usr/sbin:/usr/bin:/sbin:/bin; LOG={log}; {script}", **more)


@since(runc="1.2")
def test_order(bundle):
    log = log_of(bundle)
    for moment in reversed(MOMENTS):
        add_script(bundle, moment, f"echo {moment} 1 >>$LOG")
        add_script(bundle, moment, f"echo {moment} 2 >>$LOG")
    container = bundle.create("/bin/sh", "-c", "sleep 0.3; echo program >>/log")
    assert linux.read_text(log).split("\n") == [f"{moment} {n}" for moment in MOMENTS[:3] for n in (1, 2)]
    container.start()
    container.reap()
    container.delete()
    wanted = [f"{moment} {n}" for moment in MOMENTS[:5] for n in (1, 2)] + ["program", "poststop 1", "poststop 2"]
    assert linux.read_text(log).split("\n") == wanted


@since(runc="1.2")
def test_order_of_run(bundle):
    log = log_of(bundle)
    for moment in MOMENTS:
        add_script(bundle, moment, f"echo {moment} >>$LOG")
    bundle.shell("sleep 0.3; echo program >>/log")
    assert linux.read_text(log).split("\n") == [*MOMENTS[:5], "program", "poststop"]


@since(runc="1.2")
@each(("prestart", "creating"), ("createRuntime", "creating"), ("createContainer", "creating"),
      ("startContainer", "created"), ("poststart", "running"), ("poststop", "stopped"))
def test_state_on_stdin(bundle, moment, status):
    log = log_of(bundle)
    bundle.config["annotations"] = {"key": "value"}
    add_script(bundle, moment, "cat >$LOG")
    container = bundle.create("/bin/true")
    container.start()
    container.reap()
    container.delete()
    state = json.loads(linux.read_text(log))
    assert state["ociVersion"]
    assert state["id"] == container.id
    assert state["status"] == status
    assert state["bundle"] == bundle.path
    assert state["annotations"] == {"key": "value"}
    if moment not in ("startContainer", "createContainer", "poststop"):
        assert state["pid"] == container.pid


@each(*MOMENTS)
def test_namespaces(bundle, moment):
    log = log_of(bundle)
    kinds = ("uts", "net", "ipc", "mnt")
    add_script(bundle, moment, f"for n in {' '.join(kinds)}; do readlink /proc/self/ns/$n; done >$LOG")
    container = bundle.create()
    inside = [os.readlink(f"/proc/{container.pid}/ns/{kind}") for kind in kinds]
    container.start()
    container.delete("--force")
    outside = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
    assert linux.read_text(log).split("\n") == (inside if moment in IN_CONTAINER else outside)


def test_mounts_are_there_for_create_runtime(bundle):
    log = log_of(bundle)
    add_script(bundle, "createRuntime", f"{PID}; cat /proc/$pid/mountinfo >$LOG")
    bundle.create()
    assert f"{bundle.rootfs}/proc " in linux.read_text(log) or " /proc " in linux.read_text(log)


def test_create_container_runs_before_the_pivot(bundle):
    log = log_of(bundle)
    add_script(bundle, "createContainer", f"test -e {bundle.path}/config.json && echo host tree >$LOG")
    bundle.run("/bin/true")
    assert linux.read_text(log) == "host tree"


def test_create_container_stands_in_the_root(bundle):
    bundle.map_users()
    add_script(bundle, "createContainer", "test -x ./bin/report")
    bundle.run("/bin/true")


def test_start_container_sees_the_containers_tree(bundle):
    bundle.file("/hook", "#!/bin/sh\npwd >/log\nls /bin/report >>/log\nhostname >>/log\n", 0o755)
    bundle.add_hook("startContainer", "/hook")
    bundle.run("/bin/true")
    assert linux.read_text(f"{bundle.rootfs}/log").split("\n") == ["/", "/bin/report", "box"]


@each(True, False)
@since(crun="never")
def test_start_container_has_the_rights_of_the_program(bundle, no_new_privileges):
    """It is a file of the container's."""
    bundle.process.update(user={"uid": 1000, "gid": 1000, "additionalGids": [5]}, noNewPrivileges=no_new_privileges)
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"))
    bundle.file("/log", mode=0o666)
    bundle.file("/hook", "#!/bin/sh\ngrep -E '^(Uid|Gid|Groups|Cap|NoNew|Seccomp:)' /proc/self/status >/log\n", 0o755)
    bundle.add_hook("startContainer", "/hook")
    program = bundle.run("/bin/grep", "-E", "^(Uid|Gid|Groups|Cap|NoNew|Seccomp:)", "/proc/self/status")
    assert linux.read_text(f"{bundle.rootfs}/log") == program and "Seccomp:\t2" in program


@since(crun="never")
def test_start_container_under_the_filter(bundle):
    bundle.linux["seccomp"] = profile(rule("mkdir", "SCMP_ACT_KILL"), rule("mkdirat", "SCMP_ACT_KILL"))
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]
    bundle.add_hook("startContainer", "/bin/mkdir", "/tmp/new")
    result = bundle.try_run("/bin/true")
    assert result.status == 1 and "error running startContainer hook #0: signal: bad system call" in result.err, result


@each("prestart", "createRuntime", "createContainer", "poststart", "poststop")
def test_environment_is_the_hooks_own(bundle, moment):
    log = log_of(bundle)
    bundle.add_hook(moment, "/usr/bin/env", env=["ONE=1", f"PATH=/nowhere:{bundle.path}"])
    bundle.config["hooks"][moment][0]["args"] = ["sh", "-c", f"/usr/bin/env >{log}"]
    bundle.config["hooks"][moment][0]["path"] = "/bin/sh"
    bundle.run("/bin/true", env={"SECRET": "1"})
    seen = linux.read_text(log).split("\n")
    assert "ONE=1" in seen and f"PATH=/nowhere:{bundle.path}" in seen
    assert not any(line.startswith("SECRET") for line in seen)


@since(runc="1.2")
def test_start_container_inherits_the_programs_environment(bundle):
    bundle.process["env"] += ["ONE=two"]
    bundle.file("/hook", "#!/bin/sh\necho $ONE $HOME >/log\n", 0o755)
    bundle.add_hook("startContainer", "/hook")
    bundle.run("/bin/true")
    assert linux.read_text(f"{bundle.rootfs}/log") == "two /root"


def test_argv_is_passed_on(bundle):
    log = log_of(bundle)
    bundle.add_hook("createRuntime", "/bin/sh")
    bundle.config["hooks"]["createRuntime"][0]["args"] = [
        "my name", "-c", f"tr '\\0' '\\n' </proc/$$/cmdline >{log}", "x"]
    bundle.run("/bin/true")
    lines = linux.read_text(log).split("\n")
    assert lines[0] == "my name" and lines[-1] == "x"


def test_descriptors_of_a_hook(bundle):
    log = log_of(bundle)
    add_script(bundle, "createRuntime", "ls -l /proc/self/fd >$LOG")
    bundle.run("/bin/true")
    numbers = [int(line.split(" -> ")[0].split()[-1]) for line in linux.read_text(log).split("\n") if " -> " in line]
    assert [number for number in numbers if number > 3] == [], "besides 0-2 and the directory that ls reads"


def test_limits_are_in_force_for_prestart(bundle):
    log = log_of(bundle)
    bundle.resources["pids"] = {"limit": 77}
    own = os.environ["SKIFF_TEST_ID"]  # other tests' cgroups come and go meanwhile
    add_script(bundle, "prestart", f"find /sys/fs/cgroup -path '*{own}-*/pids.max' | xargs cat >$LOG")
    bundle.create()
    assert "77" in linux.read_text(log).split("\n")


@each("prestart", "createRuntime", "createContainer")
def test_failure_before_start_stops_the_container(bundle, moment):
    log = log_of(bundle)
    add_script(bundle, moment, "echo out; echo err >&2; exit 3")
    add_script(bundle, moment, "echo never >$LOG")
    result = bundle.try_run("/bin/sh", "-c", "echo never >/log")
    assert result.status == 1 and result.out == "", result
    assert "exit status 3" in result.err or bundle.runtime.name == "crun"
    assert linux.read_text(log) == ""


@since(runc="1.2")
@each("prestart", "createRuntime", "createContainer", "startContainer", "poststart")
def test_sentence_of_a_failure(bundle, moment):
    add_script(bundle, moment, "echo to stdout; echo to stderr >&2; exit 3")
    result = bundle.try_run("/bin/sh", "-c", "sleep 1")
    assert result.status != 0
    assert f"error running {moment} hook #0: exit status 3, stdout: to stdout" in result.error, result
    assert "stderr: to stderr" in result.error


@since(runc="1.2")
def test_hook_that_is_killed(bundle):
    add_script(bundle, "createRuntime", "kill -KILL $$")
    bundle.fails("error running createRuntime hook #0: signal: killed", "/bin/true")


@since(runc="1.2")
def test_missing_hook(bundle):
    bundle.add_hook("createRuntime", "/no/such/hook")
    bundle.fails("error running createRuntime hook #0: fork/exec /no/such/hook: no such file or directory", "/bin/true")


def test_failing_start_container(bundle):
    """The program must not run."""
    bundle.add_hook("startContainer", "/bin/false")
    result = bundle.try_run("/bin/touch", "/ran")
    assert result.status == 1, result
    assert not os.path.exists(f"{bundle.rootfs}/ran")


def test_failing_start_container_after_create(bundle):
    bundle.add_hook("startContainer", "/bin/false")
    container = bundle.create("/bin/touch", "/ran")
    bundle.runtime.call("start", container.id)
    container.reap()
    assert not os.path.exists(f"{bundle.rootfs}/ran")
    assert container.status == "stopped"


def test_failing_poststart(bundle):
    bundle.add_hook("poststart", "/bin/false")
    result = bundle.try_run("/bin/sleep", "100")
    assert result.status == 1, result
    assert bundle.runtime.ids() == []


@since(runc="1.2")
def test_failing_poststart_after_create(bundle):
    bundle.add_hook("poststart", "/bin/false")
    container = bundle.create("/bin/sleep", "100")
    assert bundle.runtime.call("start", container.id).status == 1
    wait_until(lambda: not linux.is_alive(container.pid))


def test_failing_poststop_only_warns(bundle):
    log = log_of(bundle)
    bundle.add_hook("poststop", "/bin/false")
    add_script(bundle, "poststop", "echo next >$LOG")
    container = bundle.start("/bin/true")
    container.reap()
    result = bundle.runtime.call("delete", container.id)
    assert result.status == 0 or bundle.runtime.name == "runc", result
    assert bundle.runtime.ids() == []
    if bundle.runtime.name == "skiff":
        assert "level=warning" in result.err and linux.read_text(log) == "next"


@each("prestart", "createRuntime", "createContainer")
def test_poststop_after_a_failed_create(bundle, moment):
    log = log_of(bundle)
    bundle.add_hook(moment, "/bin/false")
    add_script(bundle, "poststop", "echo poststop >$LOG")
    assert bundle.try_run("/bin/true").status == 1
    assert linux.read_text(log) == "poststop" or bundle.runtime.name != "skiff"


@each("prestart", "createRuntime", "createContainer", "startContainer", "poststart")
def test_time_out(bundle, moment):
    add_script(bundle, moment, "exec sleep 100", timeout=1)
    begun = time.monotonic()
    result = bundle.try_run("/bin/sleep", "1.5")
    assert result.status == 1, result
    assert 0.9 < time.monotonic() - begun < 8


def test_hook_within_its_time(bundle):
    log = log_of(bundle)
    add_script(bundle, "createRuntime", "sleep 0.2; echo done >$LOG", timeout=5)
    bundle.run("/bin/true")
    assert linux.read_text(log) == "done"


@since(runc="never", crun="never")
@each(("createRuntime", "creating"), ("poststart", "running"))
def test_hook_may_ask_for_the_state(bundle, moment, status):
    log = log_of(bundle)
    runtime = f"{bundle.runtime.program} --root {bundle.runtime.root}"
    add_script(bundle, moment, f"{runtime} state {os.environ['SKIFF_TEST_ID']}-1 >$LOG")
    bundle.start()
    assert json.loads(linux.read_text(log))["status"] == status


@since(runc="never", crun="never")
@each(("createRuntime", "creating"), ("poststart", "running"))
def test_hook_of_run_may_ask_for_the_state(bundle, moment, status):
    log = log_of(bundle)
    runtime, name = f"{bundle.runtime.program} --root {bundle.runtime.root}", f"{os.environ['SKIFF_TEST_ID']}-1"
    add_script(bundle, moment, f"{runtime} state {name} >$LOG; {runtime} exec {name} /bin/true 2>>$LOG || true")
    bundle.run("/bin/sleep", "0.5")
    text = linux.read_text(log)
    state, end = json.JSONDecoder().raw_decode(text)
    assert state["status"] == status
    assert ("cannot exec in a container that is still being created" in text[end:]) == (status == "creating"), text


@since(runc="1.2")
def test_relative_path(bundle):
    bundle.add_hook("createRuntime", "bin/true")
    bundle.fails("", "/bin/true")


def test_poststop_once(bundle):
    """`delete` ends a container on which `run` waits: only one of them removes it."""
    log = log_of(bundle)
    add_script(bundle, "poststop", "echo poststop >>$LOG; sleep 0.3")
    bundle.process["args"] = ["sleep", "100"]
    bundle.write()
    name = bundle.new_id()
    process = bundle.runtime.popen("run", "--bundle", bundle.path, name)
    wait_until(lambda: name in bundle.runtime.ids() and bundle.runtime.call("state", name).out.count('"running"'))
    bundle.runtime.ok("delete", "--force", name)
    assert process.wait(10) == 128 + 9
    assert linux.read_text(log).split() == ["poststop"]


@each("run", "start")
def test_poststart_calls_the_runtime(bundle, command):
    """The container runs by then, so that all that can be done to it can be done by its hooks."""
    name = bundle.new_id()
    call = " ".join([bundle.runtime.program, *bundle.runtime.flags])
    script = f"{call} update --pids-limit 77 {name} && {call} pause {name} && {call} resume {name}"
    bundle.add_hook("poststart", "/bin/sh", "-c", script, timeout=5)
    bundle.process["args"] = ["sleep", "100"]
    bundle.write()
    if command == "run":
        bundle.runtime.ok("run", "--detach", "--bundle", bundle.path, name)
    else:
        bundle.runtime.ok("create", "--bundle", bundle.path, name)
        bundle.runtime.ok("start", name)
    assert bundle.runtime.state(name)["status"] == "running"
