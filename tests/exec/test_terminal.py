"""Terminals of exec and run: runc's docs/terminals.md."""

import fcntl
import os
import pty
import signal
import subprocess
import termios
import threading
import time

from lib import limit, linux, since, skip, terminal
from lib.container import wait_until
from lib.execs import Detached, exec_out, process_file
from lib.fixtures import reap
from lib.sockets import Listener

LOOP = "while :; do sleep 0.02; done"


class OnTerminal:
    """A command of the runtime on a terminal of ours, which it controls."""

    def __init__(self, runtime, *arguments, shell=None, **stdio):
        self.master, self.slave = pty.openpty()
        terminal.set_size(self.slave, 22, 66)
        self.before = termios.tcgetattr(self.slave)

        def take():
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

        stdio = {"stdin": self.slave, "stdout": self.slave, "stderr": self.slave} | stdio
        if shell:  # the runtime's command line is $@
            command = ["/bin/bash", "-m", "-c", shell, "sh", runtime.program, *runtime.flags, *map(str, arguments)]
            self.process = subprocess.Popen(command, start_new_session=True, preexec_fn=take, **stdio)
        else:
            self.process = runtime.popen(*arguments, start_new_session=True, preexec_fn=take, **stdio)

    def modes(self):
        return termios.tcgetattr(self.slave)

    def write(self, text):
        os.write(self.master, text.encode())

    def read_until(self, text):
        return terminal.read_until(self.master, text)

    def end(self, status=0):
        assert self.process.wait(10) == status
        assert self.modes() == self.before, "the terminal is as it was"


def on_terminal(container, *args, flags=(), **options):
    return OnTerminal(container.runtime, "exec", "-t", *flags, container.id, *args, **options)


def test_own_terminal(bundle):
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c", "tty; stty size; readlink /proc/self/fd/2; exit 5")
    text = run.read_until("22 66\r\n/dev/pts/0")
    assert text.splitlines()[0] == "/dev/pts/0", text
    run.end(5)


def test_interactive(bundle):
    container = bundle.start()
    run = on_terminal(container, "/bin/sh")
    run.read_until("\x1b[6n")
    run.write("echo $((6*7))\n")
    run.read_until("42")
    run.write("sleep 100\n")
    time.sleep(0.2)
    run.write("\x03")
    run.write("echo $((6*8))\n")
    run.read_until("48")
    run.write("exit 3\n")
    run.end(3)


def test_resize(bundle):
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c", "trap 'stty size; exit 0' WINCH; echo ready; " + LOOP)
    run.read_until("ready")
    terminal.set_size(run.master, 44, 55)  # the kernel tells the foreground group
    run.read_until("44 55")
    run.end()


def test_runtime_is_killed(bundle):
    """SIGKILL: nobody of the runtime can put the modes back but the guard."""
    container = bundle.start("/bin/sleep", "100")
    run = on_terminal(container, "/bin/sh", "-c", "echo ready; " + LOOP)
    run.read_until("ready")
    assert run.modes() != run.before
    run.process.kill()
    run.process.wait()
    wait_until(lambda: run.modes() == run.before, "the terminal's modes")
    wait_until(lambda: list(filter(linux.is_alive, linux.descendants(os.getpid()))) == [container.pid], "its end")
    reap()  # or pid 1 of the container could not end: it waits for all in its pid namespace


def test_guard_keeps_nothing_open(bundle):
    """It does not hold the standard streams of the runtime open, nor outlive it."""
    container = bundle.start("/bin/sleep", "100")
    run = on_terminal(container, "/bin/echo", "text", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.process.communicate(timeout=10)[0].strip() == b"text"
    run.end()
    assert linux.descendants(os.getpid()) == [container.pid]


def test_stop_and_continue(bundle):
    """kill -TSTP, fg: the modes of the shell come back while the runtime is stopped."""
    container = bundle.start()
    run = OnTerminal(bundle.runtime, "exec", "-t", container.id, "/bin/sh", "-c",
                     "trap 'echo continued; exit 4' CONT; echo ready; " + LOOP,
                     shell='"$@" & fg %1 >/dev/null; echo stopped; read go; fg %1 >/dev/null; echo status $?')
    run.read_until("ready")
    runtime = next(pid for pid in linux.descendants(run.process.pid)
                   if linux.read_text(f"/proc/{pid}/cmdline").startswith(bundle.runtime.program))
    os.kill(runtime, signal.SIGTSTP)
    run.read_until("stopped")
    assert run.modes()[3] & termios.ECHO == run.before[3] & termios.ECHO
    run.write("go\n")
    run.read_until("continued")
    run.read_until("status 4")
    run.end()


def test_stop_signal_where_nobody_controls_jobs(bundle):
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "/bin/sh", "-c", "echo ready; sleep 1; exit 6",
                                   stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTSTP)
    assert process.wait(10) in (6, 128 + signal.SIGTSTP)


def test_last_bytes(bundle):
    container = bundle.start()
    for _ in range(15):
        run = on_terminal(container, "/bin/sh", "-c", "head -c 40000 /dev/zero | tr '\\0' x; echo end",
                          stdout=subprocess.PIPE)
        out = run.process.communicate(timeout=10)[0]
        assert len(out) == 40004 and out.endswith(b"end\n"), len(out)


def test_writer_left_behind(bundle):
    """A process that keeps the terminal and writes for ever does not keep the runtime."""
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c", "trap '' HUP; (while :; do echo y; done) & echo $! >/tmp/pid; exit 9",
                      stdout=subprocess.DEVNULL)
    assert run.process.wait(10) == 9
    exec_out(container, "sh", "-c", "kill -9 $(cat /tmp/pid) || true")


def test_stalled_output_does_not_stop_signals(bundle):
    """Nobody reads: a signal gets through all the same."""
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c", "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done",
                      stdout=subprocess.PIPE)
    time.sleep(0.5)
    run.process.send_signal(signal.SIGTERM)
    wait_until(lambda: any(not linux.is_alive(pid) for pid in linux.descendants(run.process.pid)), "the program's end")
    run.process.send_signal(signal.SIGTERM)  # what is still to be shown is given up
    assert run.process.wait(10) == 128 + signal.SIGTERM


def test_reader_goes_away(bundle):
    """The program's terminal is hung up, as on a lost line."""
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c", "while :; do echo y; sleep 0.01; done", stdout=subprocess.PIPE)
    run.process.stdout.read(10)
    run.process.stdout.close()
    status = run.process.wait(10)
    assert status == 128 + signal.SIGHUP
    assert run.modes() == run.before


def test_program_that_reads_nothing(bundle):
    """More input than a terminal holds must not stop its output."""
    container = bundle.start()
    read, write = os.pipe()
    run = on_terminal(container, "/bin/sh", "-c",
                      "stty raw -echo; echo ready; sleep 0.5; head -c 100000 /dev/zero | tr '\\0' x; echo; echo done",
                      stdin=read, stdout=subprocess.PIPE)
    os.close(read)
    assert run.process.stdout.readline().strip() == b"ready"

    def feed():
        try:
            for _ in range(100):
                os.write(write, b"z" * 10000)
        except BrokenPipeError:
            pass

    feeder = threading.Thread(target=feed)
    feeder.start()
    out = run.process.stdout.read()
    assert out.count(b"x") == 100000 and out.strip().endswith(b"done")
    assert run.process.wait(10) == 0
    feeder.join(5)
    os.close(write)


def test_terminal_that_is_opened_again(bundle):
    """A getty closes its terminal and opens it anew."""
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c",
                      "t=$(tty); trap '' HUP; echo first; exec 0</dev/null 1>/dev/null 2>/dev/null; sleep 0.3; "
                      "echo second >$t; sleep 0.3", stdout=subprocess.PIPE)
    assert run.process.communicate(timeout=10)[0].split() == [b"first", b"second"]


def count_same(read, block):
    """Reads to the end; how many bytes came that repeat the block."""
    twice, size = block * 2, 0
    while piece := read():
        offset = size % len(block)
        assert piece == twice[offset:offset + len(piece)], f"another byte after {size}"
        size += len(piece)
    return size


@limit(100)
def test_much_through_a_pipe(bundle):
    """1 GiB, both ways at once."""
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "/bin/cat", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    block, count, got = os.urandom(1 << 20), 1024, []
    reader = threading.Thread(
        target=lambda: got.append(count_same(lambda: os.read(process.stdout.fileno(), 1 << 20), block)))
    reader.start()
    for _ in range(count):
        os.write(process.stdin.fileno(), block)
    process.stdin.close()
    reader.join(60)
    assert got == [count << 20]
    assert process.wait(10) == 0


@limit(300)
def test_much_through_a_terminal(bundle):
    container = bundle.start()
    size = 1 << 30
    read, write = os.pipe()
    run = on_terminal(container, "/bin/sh", "-c", f"stty raw; head -c {size} /dev/zero | tr '\\0' x", stdout=write)
    os.close(write)
    assert count_same(lambda: os.read(read, 1 << 20), b"x" * (1 << 20)) == size
    run.end()
    os.close(read)


def test_console_socket(bundle, folder):
    container = bundle.start()
    console = Listener(folder / "console")
    with Detached(container, "/bin/sh", "-c", "stty size; read x; echo got $x; sleep 100",
                  flags=["-t", "--console-socket", console.path]):
        _, (master,) = console.receive()
        os.write(master, b"text\n")
        terminal.read_until(master, "got text")
        os.close(master)


@since(crun="never")
def test_console_size(bundle, folder):
    container = bundle.start()
    console = Listener(folder / "console")
    path = process_file(folder, terminal=True, consoleSize={"height": 10, "width": 110}, cwd="/",
                        args=["/bin/stty", "size"])
    container.runtime.ok("exec", "-d", "-p", path, "--console-socket", console.path, container.id)
    _, (master,) = console.receive()
    assert terminal.read_all(master).strip() == "10 110"
    os.wait()


def test_owner(bundle):
    container = bundle.start()
    run = on_terminal(container, "/bin/sh", "-c", "stat -c %u:%g $(tty); echo again >/dev/tty", flags=["-u", "1000"])
    assert "1000:5" in run.read_until("again")
    run.end()


def test_what_cannot_be(bundle, folder):
    container = bundle.start()
    runtime = container.runtime
    runtime.fails("cannot allocate tty if runc will detach without setting console socket", "exec", "-t", "-d",
                  container.id, "true", status=255)
    console = Listener(folder / "console")
    for flags in (["-d"], ["-t"]):
        runtime.fails("cannot use console socket if runc will not detach or allocate tty", "exec", *flags,
                      "--console-socket", console.path, container.id, "true", status=255)
    runtime.fails("no such file or directory", "exec", "-d", "-t", "--console-socket", folder / "missing",
                  container.id, "true", status=255)


def test_without_a_terminal_outside(bundle):
    container = bundle.start()
    if bundle.runtime.name == "runc":
        skip("runc wants a controlling terminal")
    process = bundle.runtime.popen("exec", "-t", container.id, "/bin/sh", "-c", "tty; exit 2", stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, start_new_session=True)
    assert process.communicate(timeout=10)[0].strip() == b"/dev/pts/0"
    assert process.returncode == 2


def test_end_of_input(bundle):
    """Half-closed: the program goes on and its output still comes."""
    container = bundle.start()
    result = bundle.runtime.call("exec", container.id, "/bin/sh", "-c", "cat; sleep 0.1; echo end", stdin="text\n")
    assert result.out == "text\nend\n"


def test_reader_of_a_pipe_goes_away(bundle):
    container = bundle.start()
    process = bundle.runtime.popen("exec", container.id, "/bin/sh", "-c", "while echo y; do :; done 2>/dev/null",
                                   stdout=subprocess.PIPE)
    process.stdout.read(2)
    process.stdout.close()
    assert process.wait(10) != 0


def test_closed_standard_streams(bundle):
    """None of the runtime's own descriptors may take their numbers."""
    container = bundle.start()
    path = os.path.join(bundle.rootfs, "tmp/out")
    command = ["/bin/bash", "-c", '"$@" 0<&- 1>&- 2>&-', "sh", bundle.runtime.program, *bundle.runtime.flags]
    script = "ls -l /proc/self/fd >/tmp/out; readlink /proc/self/fd/0 >>/tmp/out; readlink /proc/self/fd/2 >>/tmp/out"
    subprocess.run([*command, "exec", container.id, "/bin/sh", "-c", script], check=True, timeout=10)
    out = linux.read_text(path)
    assert out.splitlines()[-2:] == ["/dev/null", "/dev/null"]
    bundle.process["args"] = ["/bin/sh", "-c", script]
    bundle.write()
    subprocess.run([*command, "run", "--bundle", bundle.path, bundle.new_id()], check=True, timeout=10)
    out = linux.read_text(path)
    assert out.splitlines()[-2:] == ["/dev/null", "/dev/null"]
