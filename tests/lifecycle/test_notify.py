"""NOTIFY_SOCKET: readiness is relayed to the caller's manager."""

import os
import socket

from lib import linux, since
from lib.container import wait_until
from lib.sockets import Listener


def test_start_waits_for_ready(bundle, folder):
    listener = Listener(folder / "notify", socket.SOCK_DGRAM)
    os.chmod(listener.path, 0o777)
    bundle.process["args"] = ["/bin/sh", "-c", "sleep 0.3; notify READY=1; sleep 100"]
    bundle.write()
    name = bundle.new_id()
    bundle.runtime.ok("create", "--bundle", bundle.path, name, env={"NOTIFY_SOCKET": listener.path})
    starting = bundle.runtime.popen("start", name, env={"NOTIFY_SOCKET": listener.path})
    pid = bundle.runtime.state(name)["pid"]
    messages = [listener.datagram(), listener.datagram()]
    assert [message.strip() for message in messages] == ["READY=1", f"MAINPID={pid}"] or \
        f"MAINPID={pid}" in "\n".join(messages)
    assert starting.wait(10) == 0, "the barrier's descriptor is closed with the message"


def test_program_that_ends_without_ready(bundle, folder):
    listener = Listener(folder / "notify", socket.SOCK_DGRAM)
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    name = bundle.new_id()
    bundle.runtime.ok("create", "--bundle", bundle.path, name, env={"NOTIFY_SOCKET": listener.path})
    pid = bundle.runtime.state(name)["pid"]
    starting = bundle.runtime.popen("start", name, env={"NOTIFY_SOCKET": listener.path})
    wait_until(lambda: not linux.is_alive(pid))
    os.waitpid(pid, 0)
    starting.wait(10)



def test_container_that_is_not_ready_yet(bundle, folder):
    """`start` waits for it, and keeps nobody from it."""
    listener = Listener(folder / "notify", socket.SOCK_DGRAM)
    bundle.process["args"] = ["sleep", "100"]
    bundle.write()
    name = bundle.new_id()
    bundle.runtime.ok("create", "--bundle", bundle.path, name, env={"NOTIFY_SOCKET": listener.path})
    starting = bundle.runtime.popen("start", name, env={"NOTIFY_SOCKET": listener.path})
    wait_until(lambda: bundle.runtime.state(name)["status"] == "running")
    bundle.runtime.ok("pause", name, timeout=5)
    bundle.runtime.ok("resume", name)
    bundle.runtime.ok("delete", "--force", name)
    starting.wait(10)


@since(runc="1.2")
def test_name_inside(bundle, folder):
    listener = Listener(folder / "notify", socket.SOCK_DGRAM)
    out = bundle.run("/bin/sh", "-c", "echo $NOTIFY_SOCKET; test -S $NOTIFY_SOCKET && echo socket",
                     env={"NOTIFY_SOCKET": listener.path})
    assert out.split() == ["/run/notify/notify.sock", "socket"]


def test_none_asked_for(bundle):
    assert not [entry for entry in bundle.report()["env"] if entry.startswith("NOTIFY_SOCKET")]
