"""In which containers one can `exec`, and what is said where one cannot."""

import os
import signal
import subprocess
import threading
import time

from lib import cgroup, each, linux, since
from lib.container import wait_until
from lib.execs import end, exec_out
from lib.fixtures import reap


def freeze(container, on):
    """Freezes the container's cgroup, as `pause` does."""
    folder = container.cgroup("freezer") if cgroup.has("freezer") else None
    if folder and not cgroup.is_v2("freezer"):
        name, values, state = "freezer.state", ("THAWED", "FROZEN"), "FROZEN"
    else:
        folder, name, values, state = container.cgroup("devices"), "cgroup.freeze", ("0", "1"), "1"
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(values[on])
    if on:
        wait_until(lambda: linux.read_text(path).strip() == state)


def test_created(bundle):
    container = bundle.create()
    assert exec_out(container, "echo", "early") == "early"
    assert container.status == "created"


def test_missing(bundle):
    bundle.runtime.fails("container does not exist", "exec", "nosuch", "true", status=255)


def test_stopped(bundle):
    container = bundle.start("/bin/true")
    wait_until(lambda: not linux.is_alive(container.pid))
    bundle.runtime.fails("cannot exec in a stopped container", "exec", container.id, "true", status=255)


def test_first_process_died_in_a_shared_pid_namespace(bundle):
    """The rest of the container lives on: it is stopped all the same."""
    bundle.drop_namespace("pid")
    container = bundle.start("/bin/sh", "-c", "sleep 50 & exit 0")
    container.reap()
    bundle.runtime.fails("cannot exec in a stopped container", "exec", container.id, "true", status=255)


def test_paused(bundle):
    container = bundle.start()
    freeze(container, True)
    try:
        bundle.runtime.fails("cannot exec in a paused container (use --ignore-paused to override)", "exec",
                             container.id, "true", status=255)
    finally:
        freeze(container, False)
    assert exec_out(container, "echo", "again") == "again"


@since(crun="never")
def test_ignore_paused(bundle):
    container = bundle.start()
    freeze(container, True)
    try:
        process = bundle.runtime.popen("exec", "--ignore-paused", container.id, "echo", "thawed",
                                       stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        time.sleep(0.3)
        assert process.poll() is None, "it waits"
    finally:
        freeze(container, False)
    assert process.communicate(timeout=10)[0] == b"thawed\n"
    assert process.returncode == 0


@each(("nosuch", 'exec failed: unable to start container process: exec: "nosuch": executable file not found in $PATH'),
      ("/no/such", 'exec: "/no/such": stat /no/such: no such file or directory'),
      ("/etc/passwd", 'exec: "/etc/passwd": permission denied'),
      ("/etc", 'exec: "/etc": is a directory: permission denied'))  # engines look for the latter
def test_missing_program(bundle, program, text):
    container = bundle.start()
    result = bundle.runtime.call("exec", container.id, program)
    assert result.status == (255 if bundle.runtime.name != "crun" else 1), result
    assert bundle.runtime.name != "skiff" or text in result.error, result


def test_script_without_interpreter(bundle):
    bundle.file("/script", "#!/missing/interpreter\n", 0o755)
    container = bundle.start()
    result = bundle.runtime.call("exec", container.id, "/script")
    assert result.status != 0 and "no such file or directory" in result.err
    assert len(result.err.splitlines()) == 1


def test_nothing_to_run(bundle):
    container = bundle.start()
    bundle.runtime.fails("exec args cannot be empty", "exec", container.id, status=255)


def test_id_is_empty(bundle):
    bundle.runtime.fails("container id cannot be empty", "exec", "", "true", status=255)


def test_killed_while_execs_run(bundle):
    """A container that dies meanwhile: every exec ends, none hangs."""
    container = bundle.start()
    results = []
    stop = threading.Event()

    def work():
        while not stop.is_set():
            result = bundle.runtime.call("exec", container.id, "true")
            results.append(result)
            if "stopped" in result.err or "not exist" in result.err:
                break

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    time.sleep(0.3)
    os.kill(container.pid, signal.SIGKILL)
    time.sleep(0.5)
    stop.set()
    for worker in workers:
        worker.join(20)
        assert not worker.is_alive()
    assert {result.status for result in results} <= {0, 137, 255}, [r for r in results if r.status not in (0, 137, 255)]


def test_killed_container_ends_the_exec(bundle):
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "sh", "-c", "echo up; sleep 100", stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"up\n"
    container.kill("KILL")
    assert process.wait(10) == 137


def test_a_hundred_at_once(bundle):
    container = bundle.start()
    processes = [bundle.runtime.popen("exec", container.id, "sh", "-c", f"echo {number}; exit {number}",
                                      stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) for number in range(100)]
    for number, process in enumerate(processes):
        assert process.communicate(timeout=25)[0] == f"{number}\n".encode()
        assert process.returncode == number


def test_killed_runtime_leaves_no_half_process(bundle):
    """SIGKILL at any moment: the process either runs or is gone."""
    container = bundle.start()
    for delay in range(12):
        process = bundle.runtime.popen("exec", container.id, "sleep", "1234")
        time.sleep(delay * 0.002)
        process.kill()
        process.wait()
    time.sleep(0.2)
    for pid in linux.descendants(os.getpid()):
        command = linux.read_text(f"/proc/{pid}/cmdline", "").split("\0")
        if linux.is_alive(pid) and pid != container.pid and "1234" in command:
            assert os.readlink(f"/proc/{pid}/exe").endswith("busybox"), "a half-made one"
            end(pid)
    reap()
