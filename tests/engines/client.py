"""Calling an engine's command line: what all engines' clients share."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

from lib.runtime import TOP, Result


def wait_for(what, condition, seconds=15):
    """Polls until the condition holds; fails the test otherwise."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)


def call(command, stdin=None, timeout=60, **options):
    """Runs a command to its end."""
    feed = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                          timeout=timeout, check=False, **feed, **options)
    return Result(command, done.returncode, done.stdout, done.stderr)


def on_terminal(command, timeout=20):
    """Runs a command whose stdio is a terminal of 33 rows and 99 columns; status and all that it printed."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    text, end = b"", time.monotonic() + timeout
    while True:
        if not select.select([terminal], [], [], max(0, end - time.monotonic()))[0]:
            os.kill(pid, signal.SIGKILL)
            break
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        text += piece
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return Result(command, status, text.decode(errors="replace").replace("\r\n", "\n"), "")


def shipped(name, runtime):
    """The text of a file of contrib/engines/, which users get, with the runtime under test in it."""
    with open(os.path.join(TOP, "contrib/engines", name), encoding="utf-8") as file:
        text = file.read()
    assert "/usr/local/bin/skiff" in text, name
    return text.replace("/usr/local/bin/skiff", runtime)


class Client:
    """An engine, seen through its command line. `command`: the words that every call begins with."""

    packages = ()

    def __init__(self, folder, runtime, images):
        self.folder, self.runtime, self.images = folder, runtime, images
        self.command, self.daemons = [], []

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        """A file of the engine's folder; its path."""
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def call(self, *words, **options):
        return call([*self.command, *map(str, words)], **options)

    def ok(self, *words, **options):
        """A call that must succeed; what it printed, without blanks around it."""
        result = self.call(*words, **options)
        assert result.status == 0, result
        return result.out.strip()

    def fails(self, status, text, *words, **options):
        result = self.call(*words, **options)
        assert result.status == status and text in (result.out + result.err), f"expected {status}, {text!r}: {result}"

    def terminal(self, *words):
        """A call on a terminal that must succeed; what it printed."""
        result = on_terminal([*self.command, *map(str, words)])
        assert result.status == 0, result
        return result.out.strip()

    def run_loop(self, name):
        """A container that runs until it is told to end."""
        script = "trap 'exit 0' TERM; echo started; while :; do sleep .1; done"
        self.ok("run", "-d", "--name", name, "box", "sh", "-c", script)
        wait_for("started", lambda: "started" in self.call("logs", name).out)
        return name

    def start_daemon(self, command, answers, log):
        """Starts a daemon and waits until it answers."""
        with open(self.path(log), "ab") as output:
            daemon = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self.daemons.append(daemon)
        try:
            wait_for(command[0], lambda: daemon.poll() is not None or answers(), 30)
            assert daemon.poll() is None, "ended"
        except AssertionError as error:
            with open(self.path(log), encoding="utf-8", errors="replace") as file:
                raise AssertionError(f"{command[0]}: {error}: {''.join(file.readlines()[-8:])}") from None

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []

    def start_registry(self):
        """Debian's docker-registry on loopback, empty; its name for images."""
        address = "127.0.0.1:5000"
        config = self.write("registry.yml", f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: "
                            f"{self.path('registry')}\nhttp:\n  addr: {address}\n")
        probe = ["wget", "-q", "-O", "-", f"http://{address}/v2/"]
        self.start_daemon(["docker-registry", "serve", config], lambda: call(probe).status == 0, "registry.log")
        return address
