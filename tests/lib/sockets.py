"""Unix sockets on which a runtime hands something over: a terminal, a seccomp listener, a notification."""

import array
import select
import socket


class Listener:
    """A socket at `path`; what is sent before accept() waits in its queue."""

    def __init__(self, path, kind=socket.SOCK_STREAM):
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, kind)
        self._socket.bind(self.path)
        self._socket.settimeout(10)
        if kind == socket.SOCK_STREAM:
            self._socket.listen()

    def receive(self):
        """(text, descriptors) of the first message of the next connection."""
        connection, _ = self._socket.accept()
        with connection:
            connection.settimeout(10)
            data, ancillary, _, _ = connection.recvmsg(65536, 1024)
        fds = array.array("i")
        for level, kind, content in ancillary:
            assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
            fds.frombytes(content[:len(content) - len(content) % fds.itemsize])
        return data.decode(), list(fds)

    def is_called(self):
        """Whether a connection is waiting."""
        return bool(select.select([self._socket], [], [], 0)[0])

    def datagram(self):
        """The next datagram's text."""
        return self._socket.recv(65536).decode()
