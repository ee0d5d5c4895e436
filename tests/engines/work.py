"""What people do with containers, in the words that Docker's and Podman's command lines have in common.

A test's argument is the engine (see docker.py). `full` marks those that only ENGINES_FULL=1 runs.
"""

import json
import os

from client import call, wait_for
from lib import linux, skip


def full(test):
    test.full = True
    return test


def shell(engine, *options, script):
    """What a shell script prints in a new container of the image."""
    return engine.ok("run", "--rm", *options, "box", "sh", "-c", script)


def v1_file(engine, name, controller, file):
    """A file of the container's cgroup, as the container sees it."""
    if not os.path.exists(f"/sys/fs/cgroup/{controller}"):
        skip(f"no {controller} controller of cgroup v1")
    return engine.ok("exec", name, "cat", f"/sys/fs/cgroup/{controller}/{file}")


def status(engine, name):
    return engine.ok("inspect", "-f", "{{.State.Status}}", name)


# Running.

def test_run(engine):
    assert engine.ok("run", "--rm", "box", "echo", "hi") == "hi"


def test_runtime_is_the_default(engine):
    assert os.path.basename(engine.runtime) in engine.default_runtime()


def test_exit_status(engine):
    engine.fails(7, "", "run", "--rm", "box", "sh", "-c", "exit 7")


def test_command_not_found(engine):
    engine.fails(127, "not found", "run", "--rm", "box", "nosuchcommand")


def test_path_not_found(engine):
    engine.fails(127, "no such file", "run", "--rm", "box", "/no/such")


def test_not_executable(engine):
    engine.fails(126, "ermission denied", "run", "--rm", "box", "/etc/passwd")
    engine.fails(126, "", "run", "--rm", "box", "/etc")


def test_stdin_stdout_and_stderr(engine):
    result = engine.call("run", "-i", "--rm", "box", "sh", "-c", "cat; echo err >&2", stdin="text")
    assert (result.status, result.out, result.err) == (0, "text", "err\n"), result


def test_terminal_and_its_size(engine):
    out = engine.terminal("run", "-it", "--rm", "box", "sh", "-c", "sleep .7; tty; stty size")
    assert out.split() == ["/dev/pts/0", "33", "99"], out


def test_environment_user_directory_and_hostname(engine):
    options = ("-e", "K=v", "-u", "8:12", "--group-add", "89", "-w", "/var", "--hostname", "fred")
    assert shell(engine, *options, script="echo $K $(id -u) $(id -G) $(pwd) $(hostname)") == "v 8 12 89 /var fred"


def test_detached_with_logs(engine, name):
    engine.ok("run", "-d", "--name", name, "box", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert engine.ok("wait", name) == "3"
    result = engine.call("logs", name)
    assert (result.out, result.err) == ("out\n", "err\n"), result


def test_create_start_and_attach(engine, name):
    engine.ok("create", "--name", name, "box", "echo", "text")
    assert engine.ok("start", "-a", name) == "text"


def test_init(engine):
    assert "init" in engine.ok("run", "--rm", "--init", "box", "cat", "/proc/1/comm")


def test_many_from_one_image(engine, name):
    """Containers of one image do not see each other's writes."""
    for number in range(4):
        engine.ok("run", "-d", "--name", f"{name}{number}", "box", "sh", "-c", f"echo {number} >/own; sleep 100")
    for number in range(4):
        wait_for("the write", lambda n=number: engine.call("exec", f"{name}{n}", "cat", "/own").out == f"{n}\n")
        engine.ok("rm", "-f", f"{name}{number}")


# In a container that runs.

def test_exec(engine, loop):
    assert engine.ok("exec", loop, "echo", "x") == "x"
    engine.fails(5, "", "exec", loop, "sh", "-c", "exit 5")
    assert engine.ok("exec", "-i", loop, "cat", stdin="text") == "text"


def test_exec_of_what_is_not_there(engine, loop):
    result = engine.call("exec", loop, "nosuchcommand")
    assert result.status in (126, 127) and "not found" in result.out + result.err, result


def test_exec_of_what_is_not_executable(engine, loop):
    engine.fails(126, "ermission denied", "exec", loop, "/etc/passwd")
    engine.fails(126, "", "exec", loop, "/etc")


def test_exec_on_a_terminal(engine, loop):
    out = engine.terminal("exec", "-it", loop, "sh", "-c", "sleep .7; tty; stty size")
    assert out.startswith("/dev/pts/") and out.endswith("33 99"), out


def test_exec_as_a_user(engine, loop):
    out = engine.ok("exec", "-u", "mail", "-e", "K=v", "-w", "/tmp", loop, "sh", "-c", "echo $(id -u) $K $(pwd)")
    assert out == "8 v /tmp"


def test_exec_detached(engine, loop):
    engine.ok("exec", "-d", loop, "touch", "/tmp/done")
    wait_for("the file", lambda: engine.call("exec", loop, "ls", "/tmp/done").status == 0)


def test_exec_adds_a_user_and_a_program(engine, loop):
    entry = "joe:x:1000:1000::/home/joe:/bin/sh"
    engine.ok("exec", loop, "sh", "-c", f"echo {entry} >>/etc/passwd; mkdir /home/joe; chown joe /home/joe")
    engine.ok("exec", loop, "sh", "-c", "cp /bin/busybox /usr/cat && su joe -c 'cd; id -un >file'")
    assert engine.ok("exec", "-u", "joe", loop, "/usr/cat", "/home/joe/file") == "joe"


def test_top(engine, loop):
    assert "sleep" in engine.ok("top", loop) or "sh" in engine.ok("top", loop)


def test_stats(engine, loop):
    words = ("stats", "--no-stream", "--format", "{{.PIDs}} {{.MemUsage}}", loop)
    wait_for("statistics", lambda: not any(word.startswith(("0", "-")) for word in engine.ok(*words).split()[:2]))


def test_pause_and_unpause(engine, loop):
    engine.ok("pause", loop)
    assert status(engine, loop) == "paused"
    result = engine.call("exec", loop, "true")
    assert result.status in (1, 255), result
    engine.ok("unpause", loop)
    engine.ok("exec", loop, "true")


def test_copy(engine, loop):
    engine.ok("cp", engine.write("copied", "text"), f"{loop}:/tmp/copied")
    assert engine.ok("exec", loop, "cat", "/tmp/copied") == "text"
    engine.ok("cp", f"{loop}:/etc/passwd", engine.path("passwd"))
    assert "root:" in linux.read_text(engine.path("passwd"))


# Ends.

def test_stop_lets_it_end(engine, loop):
    engine.ok("stop", "-t", "10", loop)
    assert engine.ok("inspect", "-f", "{{.State.ExitCode}} {{.State.Status}}", loop) == "0 exited"


def test_stop_with_a_time_out(engine, name):
    engine.ok("run", "-d", "--name", name, "box", "sh", "-c", "trap '' TERM; while :; do sleep .1; done")
    engine.ok("stop", "-t", "1", name)
    assert engine.ok("inspect", "-f", "{{.State.ExitCode}}", name) == "137"


def test_kill(engine, name):
    engine.ok("run", "-d", "--name", name, "box", "sleep", "100")
    engine.ok("kill", name)
    assert engine.ok("wait", name) == "137"


def test_kill_with_a_signal(engine, name):
    script = "trap 'exit 9' USR1; echo ready; while :; do sleep .1; done"
    engine.ok("run", "-d", "--name", name, "box", "sh", "-c", script)
    wait_for("ready", lambda: "ready" in engine.call("logs", name).out)
    engine.ok("kill", "-s", "USR1", name)
    assert engine.ok("wait", name) == "9"


def test_restart_and_start_again(engine, loop):
    before = engine.ok("inspect", "-f", "{{.State.Pid}}", loop)
    engine.ok("restart", "-t", "5", loop)
    assert engine.ok("inspect", "-f", "{{.State.Pid}}", loop) not in ("0", before)
    engine.ok("stop", "-t", "5", loop)
    engine.ok("start", loop)
    assert engine.ok("exec", loop, "echo", "x") == "x"


@full
def test_restart_on_failure(engine, name):
    engine.ok("run", "-d", "--name", name, "--restart", "on-failure:2", "box", "false")
    wait_for("2 restarts", lambda: engine.ok("inspect", "-f", "{{.RestartCount}}", name) == "2")


# Limits.

def test_limits(engine, name):
    options = ("-m", "64m", "--cpus", "0.5", "--pids-limit", "20", "--cpuset-cpus", "0", "--cpu-shares", "512")
    engine.ok("run", "-d", "--name", name, *options, "box", "sleep", "100")
    assert v1_file(engine, name, "memory", "memory.limit_in_bytes") == "67108864"
    assert v1_file(engine, name, "cpu", "cpu.cfs_quota_us") == "50000"
    assert v1_file(engine, name, "cpu", "cpu.shares") == "512"
    assert v1_file(engine, name, "pids", "pids.max") == "20"
    assert v1_file(engine, name, "cpuset", "cpuset.cpus") == "0"


def test_memory_limit_is_felt(engine, name):
    engine.fails(137, "", "run", "--name", name, "-m", "32m", "--memory-swap", "32m", "box", "tail", "/dev/zero")


def test_processes_limit_is_felt(engine):
    script = "for i in 1 2 3 4 5 6; do sleep 1 & done"
    result = engine.call("run", "--rm", "--pids-limit", "5", "box", "sh", "-c", script)
    assert result.status == 2 and "can't fork" in result.err, result


def test_update(engine, name):
    engine.ok("run", "-d", "--name", name, "-m", "64m", "box", "sleep", "100")
    engine.ok("update", "-m", "96m", "--memory-swap", "192m", "--cpu-shares", "256", name)
    assert v1_file(engine, name, "memory", "memory.limit_in_bytes") == "100663296"
    assert v1_file(engine, name, "cpu", "cpu.shares") == "256"


def test_ulimit_sysctl_shm_and_oom_score(engine):
    options = ("--ulimit", "nofile=77:77", "--ulimit", "nproc=1000:1000", "--sysctl", "net.ipv4.ip_default_ttl=9",
               "--shm-size", "2m", "--oom-score-adj", "123")
    script = "ulimit -n; cat /proc/sys/net/ipv4/ip_default_ttl /proc/self/oom_score_adj; df -k | grep -w /dev/shm"
    out = shell(engine, *options, script=script).split()
    assert out[:3] == ["77", "9", "123"] and out[4] == "2048", out


# Files.

def test_host_folder(engine):
    folder = os.path.dirname(engine.write("shared/file", "text"))
    assert shell(engine, "-v", f"{folder}:/v", script="cat /v/file; echo new >/v/new") == "text"
    assert linux.read_text(f"{folder}/new") == "new"
    engine.fails(1, "ead-only", "run", "--rm", "-v", f"{folder}:/v:ro", "box", "touch", "/v/file2")


def test_run_of_the_host(engine):
    """A recursive bind with all that engines keep mounted in /run."""
    options = ("--mount", "type=bind,src=/run,dst=/r,bind-propagation=rslave")
    assert " master:" in shell(engine, *options, script="grep ' /r ' /proc/self/mountinfo")


def test_volume_takes_the_image_s_files(engine, name):
    assert "root:" in shell(engine, "-v", f"{name}:/etc", script="echo x >/etc/new; cat /etc/passwd")
    assert shell(engine, "-v", f"{name}:/v", script="cat /v/new") == "x"
    engine.ok("volume", "rm", name)


def test_tmpfs(engine):
    assert "size=1024k" in shell(engine, "--tmpfs", "/t:size=1m", script="touch /t/x; grep ' /t tmpfs' /proc/mounts")


def test_read_only_root(engine):
    engine.fails(1, "ead-only", "run", "--rm", "--read-only", "box", "touch", "/x")
    shell(engine, "--read-only", "--tmpfs", "/tmp", script="touch /tmp/x")


def test_device(engine):
    assert shell(engine, "--device", "/dev/zero:/dev/mine:r", script="head -c 3 /dev/mine | wc -c") == "3"
    result = engine.call("run", "--rm", "--cap-add", "mknod", "box", "sh", "-c", "mknod /tmp/d b 254 0 && cat /tmp/d")
    assert result.status == 1 and "not permitted" in result.err, result


# Privileges.

def test_capabilities(engine):
    field = "grep CapEff /proc/self/status | cut -f 2"
    assert shell(engine, "--cap-drop", "all", script=field) == "0000000000000000"
    assert shell(engine, "--cap-drop", "all", "--cap-add", "sys_admin", script=field) == "0000000000200000"


def test_seccomp(engine):
    assert shell(engine, script="grep Seccomp: /proc/self/status").split()[1] == "2"
    profile = {"defaultAction": "SCMP_ACT_ALLOW",
               "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}
    option = f"seccomp={engine.write('profile.json', json.dumps(profile))}"
    engine.fails(1, "not permitted", "run", "--rm", "--security-opt", option, "box", "mkdir", "/x")
    out = shell(engine, "--security-opt", "seccomp=unconfined", script="grep Seccomp: /proc/self/status")
    assert out.split()[1] == "0"


def test_no_new_privileges(engine):
    out = shell(engine, "--security-opt", "no-new-privileges", script="grep NoNewPrivs /proc/self/status")
    assert out.split()[1] == "1"


def test_masked_and_read_only_paths(engine):
    script = "wc -c </proc/keys; echo 1 >/proc/sys/kernel/domainname || echo refused"
    assert shell(engine, script=f"({script}) 2>&1").split()[0] == "0"


# Namespaces and networks.

def test_networks(engine):
    assert "eth0" in shell(engine, script="ip -o link show eth0")
    assert shell(engine, "--network", "none", script="ip -o link | wc -l") == "1"
    assert shell(engine, "--network", "host", script="readlink /proc/self/ns/net") == os.readlink("/proc/self/ns/net")


def test_published_port(engine, name):
    engine.ok("run", "-d", "--name", name, "-p", "127.0.0.1:8097:80", "box", "httpd", "-f", "-p", "80", "-h", "/etc")
    probe = ["wget", "-q", "-O", "-", "-T", "3", "-t", "1", "http://127.0.0.1:8097/passwd"]
    wait_for("the answer", lambda: "root:" in call(probe).out)


def test_namespaces_of_the_host(engine):
    options = ("--pid", "host", "--ipc", "host", "--uts", "host")
    out = shell(engine, *options, script="cd /proc/self/ns; readlink pid; readlink ipc; readlink uts")
    assert out.split() == [os.readlink(f"/proc/self/ns/{kind}") for kind in ("pid", "ipc", "uts")]


def test_namespaces_of_another(engine, name):
    engine.ok("run", "-d", "--ipc", "shareable", "--name", name, "box", "sleep", "98")
    options = [f"--{kind}=container:{name}" for kind in ("pid", "ipc", "network")]
    script = "ps | grep -q '[s]leep 98'; echo $?; readlink /proc/self/ns/net; readlink /proc/self/ns/ipc"
    assert shell(engine, *options, script=script) == engine.ok("exec", name, "sh", "-c", script)


@full
def test_cgroup_namespace_and_parent(engine):
    out = shell(engine, "--cgroupns", "host", "--cgroup-parent", "/mine", script="cat /proc/self/cgroup")
    assert "/mine/" in out
    assert "/mine/" not in shell(engine, "--cgroupns", "private", "--cgroup-parent", "/mine",
                                 script="cat /proc/self/cgroup")


# Images.

def test_commit(engine, name):
    engine.ok("run", "--name", name, "box", "sh", "-c", "echo x >/new")
    engine.ok("commit", name, f"{name}-image")
    assert engine.ok("run", "--rm", f"{name}-image", "cat", "/new") == "x"


def test_build(engine, name):
    file = engine.write("build/Dockerfile", "FROM box\nRUN echo x >/new && id -u\nRUN [\"/bin/touch\", \"/t\"]\n"
                        "USER mail\nRUN id -u >/tmp/user\nCMD cat /new /tmp/user\n")
    engine.ok(*engine.build, "-t", f"{name}-image", os.path.dirname(file), timeout=120)
    assert engine.ok("run", "--rm", f"{name}-image").split() == ["x", "8"]


def test_build_with_a_failing_step(engine):
    file = engine.write("bad/Dockerfile", "FROM box\nRUN exit 9\n")
    result = engine.call(*engine.build, os.path.dirname(file), timeout=120)
    assert result.status != 0 and "9" in result.out + result.err, result


def test_push_and_pull(engine):
    address = engine.start_registry()
    engine.ok("tag", "box", f"{address}/box")
    engine.ok("push", *engine.insecure, f"{address}/box")
    engine.ok("rmi", f"{address}/box")
    engine.ok("pull", *engine.insecure, f"{address}/box")
    assert engine.ok("run", "--rm", f"{address}/box", "echo", "x") == "x"


@full
def test_export(engine, name):
    engine.ok("create", "--name", name, "box", "true")
    engine.ok("export", "-o", engine.path("export.tar"), name)
    assert "bin/busybox" in call(["tar", "-tf", engine.path("export.tar")]).out
