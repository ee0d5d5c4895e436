"""Terminals: handed to a console socket, or in the foreground."""

import json
import os
import pty
import signal
import termios

from lib import linux, since, terminal
from lib.container import wait_until
from lib.sockets import Listener


LOOP = "while :; do sleep 0.02; done"


class Console:
    """A container whose terminal comes to us."""

    def __init__(self, bundle, folder, *args):
        bundle.process["terminal"] = True
        listener = Listener(folder / "console")
        self.container = bundle.create(*args, flags=["--console-socket", listener.path])
        self.name, (self.master,) = listener.receive()


def test_console_socket(bundle, folder):
    console = Console(bundle, folder, "/bin/report")
    assert os.isatty(console.master)
    console.container.start()
    seen = json.loads(terminal.read_all(console.master))
    assert seen["terminal"]["name"] == "/dev/pts/0"
    assert seen["terminal"]["foreground"] == 1, "it is the controlling terminal"
    assert len({seen["fds"][number] for number in "012"}) == 1
    assert set(seen["fds"]) == {"0", "1", "2"}


def test_console_size(bundle, folder):
    bundle.process["consoleSize"] = {"height": 33, "width": 77}
    console = Console(bundle, folder, "/bin/stty", "size")
    console.container.start()
    assert terminal.read_all(console.master).strip() == "33 77"


def test_input(bundle, folder):
    console = Console(bundle, folder, "/bin/sh", "-c", "read line; echo got $line")
    console.container.start()
    os.write(console.master, b"hello\n")
    assert "got hello" in terminal.read_all(console.master)


def test_interrupt_character(bundle, folder):
    console = Console(bundle, folder, "/bin/sh", "-c", "trap 'echo interrupted; exit 4' INT; echo ready; " + LOOP)
    console.container.start()
    terminal.read_until(console.master, "ready")
    os.write(console.master, b"\x03")
    assert "interrupted" in terminal.read_all(console.master)
    assert console.container.reap() == 4


def test_dev_console(bundle, folder):
    console = Console(bundle, folder, "/bin/sh", "-c", "stat -c '%F %t' /dev/console; echo text >/dev/console")
    console.container.start()
    assert terminal.read_all(console.master).split("\n")[0].strip() == "character special file 88"


def test_no_dev_console_without_terminal(bundle):
    assert bundle.try_run("/bin/stat", "/dev/console").status != 0


def test_terminal_of_another_user(bundle, folder):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    console = Console(bundle, folder, "/bin/sh", "-c", "stat -c %u /dev/pts/0; echo again >/dev/tty")
    console.container.start()
    assert terminal.read_all(console.master).split() == ["1000", "again"]


def test_terminal_in_a_user_namespace(bundle, folder):
    bundle.map_users()
    console = Console(bundle, folder, "/bin/sh", "-c", "stat -c %u /dev/pts/0; echo again >/dev/tty")
    console.container.start()
    assert terminal.read_all(console.master).split() == ["0", "again"]


def test_missing_console_socket(bundle, folder):
    bundle.process["terminal"] = True
    bundle.write()
    bundle.runtime.fails("no such file or directory", "create", "--bundle", bundle.path, "--console-socket",
                         folder / "missing", "x")
    assert bundle.runtime.ids() == []


def test_console_socket_without_terminal(bundle, folder):
    listener = Listener(folder / "console")
    bundle.write()
    bundle.runtime.fails("cannot use console socket if runc will not detach or allocate tty", "create", "--bundle",
                         bundle.path, "--console-socket", listener.path, "x")


class Foreground:
    """`run` on a terminal of ours."""

    def __init__(self, bundle, *args):
        bundle.process["terminal"] = True
        bundle.process["args"] = list(args)
        bundle.write()
        self.master, self.slave = pty.openpty()
        terminal.set_size(self.slave, 22, 66)
        self.before = termios.tcgetattr(self.slave)
        self.process = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), stdin=self.slave,
                                            stdout=self.slave, stderr=self.slave, start_new_session=True)


def test_foreground(bundle):
    run = Foreground(bundle, "/bin/sh", "-c", "stty size; read line; echo got $line; exit 5")
    assert terminal.read_until(run.master, "\n").split() == ["22", "66"]
    os.write(run.master, b"hello\n")
    terminal.read_until(run.master, "got hello")
    assert run.process.wait(10) == 5
    assert termios.tcgetattr(run.slave) == run.before, "the terminal is as it was"


def test_foreground_resize(bundle):
    run = Foreground(bundle, "/bin/sh", "-c", "trap 'stty size; exit 0' WINCH; echo ready; " + LOOP)
    terminal.read_until(run.master, "ready")
    terminal.set_size(run.slave, 44, 55)
    run.process.send_signal(signal.SIGWINCH)
    terminal.read_until(run.master, "44 55")
    assert run.process.wait(10) == 0


def test_foreground_interrupt(bundle):
    run = Foreground(bundle, "/bin/sh", "-c", "trap 'echo interrupted; exit 6' INT; echo ready; " + LOOP)
    terminal.read_until(run.master, "ready")
    os.write(run.master, b"\x03")
    terminal.read_until(run.master, "interrupted")
    assert run.process.wait(10) == 6


def test_much_output(bundle):
    run = Foreground(bundle, "/bin/sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; echo; echo end")
    text = terminal.read_until(run.master, "end")
    assert text.count("x") == 300000
    assert run.process.wait(10) == 0


@since(crun="never")
def test_kept_terminal_shows_a_late_output(bundle, folder):
    """What the program wrote before it ended can still be read."""
    console = Console(bundle, folder, "/bin/echo", "last words")
    console.container.start()
    wait_until(lambda: not linux.is_alive(console.container.pid))
    assert "last words" in terminal.read_all(console.master)
