"""Shorthands for `exec`."""

import json
import os
import signal
import uuid

from lib import linux


def exec_out(container, *args, flags=(), **options):
    """What a command in the container printed, which must end well."""
    return container.runtime.ok("exec", *flags, container.id, *args, **options).rstrip("\n")


def exec_json(container, *flags, **options):
    """What tests/payload/report.cc sees in an `exec` with these flags."""
    return json.loads(exec_out(container, "/bin/report", flags=flags, **options))


def process_file(folder, **process):
    """A file for --process."""
    path = folder / "process.json"
    path.write_text(json.dumps(process))
    return path


def end(pid):
    """Kills a process of `exec` that has become ours. Its zombie would hold up the end of the container."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Detached:
    """A process of `exec --detach`, until the end of the `with`."""

    def __init__(self, container, *args, flags=(), stdio=None):
        pid_file = os.path.join(os.path.dirname(container.runtime.root), f"pid-{uuid.uuid4()}")
        arguments = ["exec", "--detach", "--pid-file", pid_file, *flags, container.id, *args]
        if stdio is None:
            container.runtime.ok(*arguments)
        else:
            assert container.runtime.popen(*arguments, **stdio).wait(20) == 0
        self.pid = int(linux.read_text(pid_file))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            end(self.pid)
