"""Waiting in the foreground: signals, orphans, and what is told to the caller."""

import os
import select
import signal
import socket
import subprocess
import time

from lib import each, linux, since
from lib.container import wait_until
from lib.execs import Detached, end
from lib.fixtures import reap
from lib.sockets import Listener

TRAP = "trap 'echo {0}; exit 9' {0}; echo ready; while :; do sleep 0.02; done"


@each("TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "ALRM", "CONT", "URG")
def test_signals_of_exec(bundle, name):
    if name == "URG" and bundle.runtime.name == "runc":
        return  # Go's own
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "/bin/sh", "-c", TRAP.format(name), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(getattr(signal, f"SIG{name}"))
    assert process.stdout.readline().decode() == f"{name}\n"
    assert process.wait(10) == 9


@each("TERM", "USR1")
def test_signals_of_run(bundle, name):
    bundle.process["args"] = ["/bin/sh", "-c", TRAP.format(name)]
    bundle.write()
    process = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(getattr(signal, f"SIG{name}"))
    assert process.stdout.readline().decode() == f"{name}\n"
    assert process.wait(10) == 9


def test_real_time_signal(bundle):
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "/bin/sh", "-c", "echo ready; exec sleep 100",
                                   stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.1)
    process.send_signal(signal.SIGRTMIN + 3)
    assert process.wait(10) == 128 + signal.SIGRTMIN + 3


@since(runc="1.0", crun="never")
def test_caller_that_ignores_the_end_of_children(bundle):
    """The status comes through, and so does a hook's end."""
    bundle.config["hooks"] = {"createRuntime": [{"path": "/bin/true"}]}
    bundle.process["args"] = ["/bin/sh", "-c", "exit 7"]
    bundle.write()
    process = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(),
                                   preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert process.wait(10) == 7


def test_signals_are_as_new_inside(bundle):
    """What the caller ignores or blocks the program does not."""
    container = bundle.start()

    def prepare():
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])

    process = bundle.runtime.popen("exec", container.id, "/bin/grep", "Sig[BI]", "/proc/self/status",
                                   stdout=subprocess.PIPE, preexec_fn=prepare)
    lines = process.communicate(timeout=10)[0].decode().split()
    assert lines == ["SigBlk:", "0" * 16, "SigIgn:", "0" * 16]


def test_orphans_of_run_are_reaped(bundle):
    """Without a pid namespace of its own, what the program leaves behind comes to the runtime."""
    bundle.drop_namespace("pid")
    bundle.process["args"] = ["/bin/sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.1 &); done; echo ready; sleep 1.5"]
    bundle.write()
    process = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.6)
    children = linux.read_text(f"/proc/{process.pid}/task/{process.pid}/children").split()
    assert len(children) == 1, "zombies"
    assert process.wait(10) == 0


def test_no_zombie_after_exec(bundle):
    container = bundle.start("/bin/sleep", "100")
    for _ in range(3):
        bundle.runtime.ok("exec", container.id, "sh", "-c", "sleep 0 & wait")
    assert linux.descendants(os.getpid()) == [container.pid]


def test_detached_exec(bundle):
    container = bundle.start()
    with Detached(container, "sleep", "100") as process:
        assert linux.read_text(f"/proc/{process.pid}/cmdline") == "sleep\x00100\x00"
        assert int(linux.read_text(f"/proc/{process.pid}/stat").rpartition(")")[2].split()[1]) == os.getpid()


def test_detached_exec_holds_the_callers_streams(bundle):
    container = bundle.start()
    read, write = os.pipe()
    with Detached(container, "sh", "-c", "echo one; sleep 0.1; echo two; exec >&-; sleep 100",
                  stdio={"stdout": write, "stdin": subprocess.DEVNULL}):
        os.close(write)
        data = b""
        while not data.endswith(b"two\n"):
            assert select.select([read], [], [], 5)[0]
            data += os.read(read, 100)
        os.close(read)


def test_pid_file(bundle, folder):
    """Complete or not there at all, and in the caller's directory."""
    container = bundle.start()
    process = bundle.runtime.popen("exec", "--pid-file", "pid", container.id, "sh", "-c", "sleep 0.5", cwd=folder)
    text = ""
    while process.poll() is None:
        if (folder / "pid").exists():
            text = (folder / "pid").read_text()
            assert text.isdigit() and int(text) != container.pid
    assert text
    assert os.listdir(folder / "..") is not None and [name for name in os.listdir(folder) if "pid" in name] == ["pid"]


def test_bad_pid_file(bundle):
    container = bundle.start("/bin/sleep", "100")
    bundle.runtime.fails("no such file or directory", "exec", "--pid-file", "/missing/directory", container.id,
                         "sleep", "100", status=255)
    assert linux.descendants(os.getpid()) == [container.pid], "the process is gone"


def test_no_pid_file_of_a_failure(bundle, folder):
    container = bundle.start()
    bundle.runtime.fails("", "exec", "--pid-file", folder / "pid", container.id, "/missing", status=255)
    assert not (folder / "pid").exists()


@since(runc="1.2", crun="never")
def test_pidfd_socket(bundle, folder):
    container = bundle.start()
    listener = Listener(folder / "pidfd")
    with Detached(container, "sleep", "100", flags=["--pidfd-socket", listener.path]) as process:
        _, (fd,) = listener.receive()
        info = dict(line.split(":", 1) for line in linux.read_text(f"/proc/self/fdinfo/{fd}").splitlines())
        assert int(info["Pid"]) == process.pid
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        assert select.select([fd], [], [], 5)[0]
        os.close(fd)
        wait_until(lambda: not linux.is_alive(process.pid))


@since(runc="1.2", crun="never")
def test_missing_pidfd_socket(bundle, folder):
    container = bundle.start()
    bundle.runtime.fails("no such file or directory", "exec", "--pidfd-socket", folder / "missing", container.id, "true",
                         status=255)


def test_notify_socket_of_run(bundle, folder):
    """READY=1 is told on, with the runtime's pid as long as that waits; the barrier is waited for."""
    listener = Listener(folder / "notify", socket.SOCK_DGRAM)
    os.chmod(listener.path, 0o777)
    bundle.process["args"] = ["/bin/sh", "-c", "notify READY=1; sleep 0.5; exit 3"]
    bundle.write()
    process = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), env={"NOTIFY_SOCKET": listener.path})
    messages = listener.datagram()
    if "MAINPID" not in messages:
        messages += "\n" + listener.datagram()
    assert "READY=1" in messages
    assert f"MAINPID={process.pid}" in messages
    assert process.wait(10) == 3


def test_exec_does_not_notify(bundle, folder):
    """NOTIFY_SOCKET and LISTEN_FDS are for the first process alone."""
    listener = Listener(folder / "notify", socket.SOCK_DGRAM)
    container = bundle.start()
    out = bundle.runtime.ok("exec", container.id, "/bin/env", env={"NOTIFY_SOCKET": listener.path, "LISTEN_FDS": "1"})
    assert "NOTIFY" not in out and "LISTEN" not in out


def test_killed_runtime_of_a_running_exec(bundle):
    """Only the runtime dies; the process goes on."""
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "sh", "-c", "echo ready; exec sleep 100", stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    time.sleep(0.1)
    pid = next(pid for pid in linux.descendants(process.pid))
    process.kill()
    process.wait()
    time.sleep(0.1)
    assert linux.is_alive(pid)
    end(pid)
    reap()
