"""Terminals for containers: a console socket as engines listen on it, and a terminal to run the runtime in."""

import array
import fcntl
import os
import select
import socket
import struct
import termios


def _read_until_closed(master, seconds):
    """What the other side writes until it has been closed everywhere."""
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


class Master:
    """The master side of a container's terminal; what was read so far stays in `text`."""

    def __init__(self, fd):
        self.fd, self.text = fd, ""

    def output(self, seconds=0.2):
        """All text up to now; waits for more at most this long."""
        self.text += _read_until_closed(self.fd, seconds)
        return self.text


class Console:
    """The socket of --console-socket."""

    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(path)
        self._socket.listen(1)
        self._socket.settimeout(10)

    def receive(self):
        """The Master that the runtime sent."""
        connection, _ = self._socket.accept()
        connection.settimeout(10)
        with connection:
            _, control, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4))
        fds = array.array("i")
        for _, _, data in control:
            fds.frombytes(data[:4])
        assert len(fds) == 1, f"{len(fds)} descriptors came over the console socket"
        return Master(fds[0])


class Terminal:
    """A terminal whose slave is the runtime's standard input, output and error."""

    def __init__(self, rows=24, columns=80):
        self._master, self._slave = os.openpty()
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

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
        return _read_until_closed(self._master, seconds)
