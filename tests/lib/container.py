"""One container of a bundle, from `create` on."""

import os
import time

from lib import cgroup, linux


def wait_until(condition, what="condition", seconds=10):
    """Polls until `condition()` is true; its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.005)


class Container:
    def __init__(self, bundle, container_id, flags, options):
        self.runtime, self.id = bundle.runtime, container_id
        self._log = os.path.join(bundle.path, f"{container_id}.out")
        stdio = {"stdin": None, "stdout": None}
        with open(self._log, "w", encoding="utf-8") as log, open(os.devnull, encoding="utf-8") as null:
            stdio = {"stdin": null, "stdout": log, "stderr": log} | options
            process = self.runtime.popen("create", "--bundle", bundle.path, *flags, container_id, **stdio)
            status = process.wait(timeout=25)
        assert status == 0, f"create: status {status}: {self.output()}"
        state = self.state()
        assert state["status"] == "created" and state["pid"] > 1, state
        self.pid = state["pid"]

    def output(self):
        """What the runtime's create and the container's program wrote so far."""
        return linux.read_text(self._log)

    def state(self):
        return self.runtime.state(self.id)

    @property
    def status(self):
        return self.state()["status"]

    def start(self):
        self.runtime.ok("start", self.id)

    def kill(self, signal="TERM", *flags):
        self.runtime.ok("kill", *flags, self.id, signal)

    def delete(self, *flags):
        self.runtime.ok("delete", *flags, self.id)

    def reap(self):
        """Waits for pid 1 (this process is its subreaper); its status as a shell says it: 128+n for a signal."""
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return status if status >= 0 else 128 - status

    def wait_for(self, text):
        """Waits until the program has written this text."""
        wait_until(lambda: text in self.output(), f"output {text!r}")

    def mounts(self):
        return linux.mounts(self.pid)

    def namespace(self, kind):
        return linux.namespace(self.pid, kind)

    def cgroup(self, controller):
        """The container's directory in the hierarchy of a controller."""
        return cgroup.directory(self.pid, controller)

    def limit(self, controller, v1, v2):
        """The text of a cgroup file: its name on version 1, and on version 2."""
        folder = self.cgroup(controller)
        return linux.read_text(os.path.join(folder, v2 if cgroup.is_v2(controller) else v1))
