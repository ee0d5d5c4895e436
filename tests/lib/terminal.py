"""Terminals for containers: a console socket as engines listen on it, and a terminal to run the runtime in."""

import fcntl
import os
import select
import struct
import termios
import time

from lib.sockets import Listener


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def read_all(master, seconds=10):
    """What the other side writes until it has been closed everywhere, or is silent for so long."""
    text = b""
    while select.select([master], [], [], seconds)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: nobody holds the slave any more
            break
        if not piece:
            break
        text += piece
    return text.decode(errors="replace")


def read_until(master, text, seconds=10):
    """What the other side writes until it holds `text`."""
    end, data = time.monotonic() + seconds, b""
    while text.encode() not in data:
        left = end - time.monotonic()
        assert left > 0 and select.select([master], [], [], left)[0], f"{text!r} did not come: {data[-200:]!r}"
        data += os.read(master, 65536)
    return data.decode(errors="replace")


class Master:
    """The master side of a container's terminal; what was read so far stays in `text`."""

    def __init__(self, fd):
        self.fd, self.text = fd, ""

    def output(self, seconds=0.2):
        """All text up to now; waits for more at most this long."""
        self.text += read_all(self.fd, seconds)
        return self.text


class Console:
    """The socket of --console-socket."""

    def __init__(self, path):
        self._listener = Listener(path)
        self.path = self._listener.path

    def receive(self):
        """The Master that the runtime sent."""
        _, fds = self._listener.receive()
        assert len(fds) == 1, f"{len(fds)} descriptors came over the console socket"
        return Master(fds[0])


class Terminal:
    """A terminal whose slave is the runtime's standard input, output and error."""

    def __init__(self, rows=24, columns=80):
        self._master, self._slave = os.openpty()
        set_size(self._slave, rows, columns)

    def stdio(self):
        """For subprocess: all three, and a session whose controlling terminal it becomes."""
        def take():
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        return {"stdin": self._slave, "stdout": self._slave, "stderr": self._slave, "start_new_session": True,
                "preexec_fn": take}

    def close_slave(self):
        os.close(self._slave)

    def output(self, seconds=10):
        """What was written until all had closed the slave."""
        return read_all(self._master, seconds)
