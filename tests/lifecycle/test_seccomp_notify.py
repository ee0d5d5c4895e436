"""SCMP_ACT_NOTIFY: a listener outside answers system calls."""

import fcntl
import json
import os
import struct

from lib import since
from lib.seccomp import profile, rule
from lib.sockets import Listener

RECEIVE, SEND = 0xc0502100, 0xc0182101


def answer_next(fd, value):
    """Waits for a call and answers it; its number's first argument."""
    request = bytearray(80)
    fcntl.ioctl(fd, RECEIVE, request)
    identity, _pid, _flags, _number, _arch, _pointer, first = struct.unpack_from("QIIiIQQ", request)
    fcntl.ioctl(fd, SEND, bytearray(struct.pack("QqiI", identity, value, 0, 0)))
    return first


def notified(bundle, folder):
    listener = Listener(folder / "agent")
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"), listenerPath=listener.path,
                                      listenerMetadata="some text")
    return listener


def test_listener_gets_state_and_descriptor(bundle, folder):
    listener = notified(bundle, folder)
    container = bundle.create("/bin/call", "getpgid", "5")
    text, fds = listener.receive()
    state = json.loads(text)
    assert len(fds) == 1 and state["fds"] == ["seccompFd"]
    assert state["pid"] == container.pid and state["metadata"] == "some text"
    assert state["state"]["id"] == container.id and state["state"]["bundle"] == bundle.path
    container.start()
    assert answer_next(fds[0], 4242) == 5
    container.reap()
    assert container.output() == "4242"
    os.close(fds[0])


@since(crun="never")
def test_start_container_hook_is_notified_of(bundle, folder):
    listener = notified(bundle, folder)
    bundle.add_hook("startContainer", "/bin/call", "getpgid", "3")
    container = bundle.create("/bin/call", "getpgid", "5")
    _, (fd,) = listener.receive()
    starting = bundle.runtime.popen("start", container.id)
    assert answer_next(fd, 0) == 3 and answer_next(fd, 4242) == 5
    assert starting.wait(10) == 0
    container.reap()
    assert container.output() == "4242"
    os.close(fd)


def test_run(bundle, folder):
    listener = notified(bundle, folder)
    bundle.process["args"] = ["/bin/call", "getpgid", "7"]
    bundle.write()
    with open(folder / "out", "w", encoding="ascii") as out:
        running = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), stdout=out)
        _, (fd,) = listener.receive()
        assert answer_next(fd, 99) == 7
        os.close(fd)
        assert running.wait(10) == 0
    assert (folder / "out").read_text() == "99\n"


def test_no_listener(bundle, folder):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"), listenerPath=str(folder / "missing"))
    bundle.fails("failed to connect with seccomp agent specified in the seccomp profile", "/bin/true")


@since(runc="1.2")
def test_no_listener_path(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOTIFY"))
    bundle.fails("seccomp listenerPath is not set", "/bin/true")


def test_write_cannot_be_notified(bundle, folder):
    listener = notified(bundle, folder)
    bundle.linux["seccomp"] = profile(rule("write", "SCMP_ACT_NOTIFY"), listenerPath=listener.path)
    bundle.fails("SCMP_ACT_NOTIFY cannot be used for the write syscall", "/bin/true")


@since(crun="never")
def test_notify_cannot_be_the_default(bundle, folder):
    listener = notified(bundle, folder)
    bundle.linux["seccomp"] = profile(default="SCMP_ACT_NOTIFY", listenerPath=listener.path)
    bundle.fails("SCMP_ACT_NOTIFY cannot be used as default action", "/bin/true")
