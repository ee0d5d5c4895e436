"""Checkpoints of containers, and containers from them. criu is in $CRIU_DIR, or in the usual places."""

import os

from lib import linux, skip
from lib.container import Container
from lib.runtime import ENVIRONMENT

PATH = {"PATH": ":".join(filter(None, [os.environ.get("CRIU_DIR"), ENVIRONMENT["PATH"]]))}


def start(bundle, *args, **options):
    """bundle.start() without an open file from outside of the container, as the harness's log is one."""
    with open(os.devnull, "w", encoding="ascii") as null:
        return bundle.start(*args, **{"stdout": null, "stderr": null} | options)


def errors(images):
    """What criu has complained of."""
    text = "".join(linux.read_text(f"{images}/{name}.log", "") for name in ("dump", "restore"))
    return "\n".join(line for line in text.splitlines() if "Error" in line and "RLIMIT_NOFILE" not in line)


def dump(container, images, *flags, **options):
    """`checkpoint` that must end well; skips where criu says that this kernel cannot do it."""
    result = container.runtime.call("checkpoint", "--image-path", images, *flags, container.id, env=PATH, **options)
    if "criu is missing features" in result.error:
        skip(result.error.split('msg="')[-1].strip('"\n'))
    # Linux 6.16 refuses what criu before 4.2 asks of every socket.
    if result.status != 0 and "sockets: Can't get 1:16 opt" in errors(images):
        skip("this criu cannot dump TCP connections on this kernel")
    assert result.status == 0, f"{errors(images)}\n{result}"


class Restored(Container):
    """A container from images: `restore --detach`."""

    def __init__(self, bundle, images, *flags, container_id=None, **options):
        # pylint: disable=super-init-not-called
        self.runtime, self.id = bundle.runtime, container_id or bundle.new_id()
        self._log = os.path.join(bundle.path, f"{self.id}.restored")
        with open(self._log, "w", encoding="utf-8") as log, open(os.devnull, encoding="utf-8") as null:
            stdio = {"stdin": null, "stdout": log, "stderr": log} | options
            process = self.runtime.popen("restore", "--detach", "--bundle", bundle.path, "--image-path", str(images),
                                         *flags, self.id, env=PATH, **stdio)
            status = process.wait(timeout=25)
        assert status == 0, f"restore: status {status}: {errors(images)}\n{self.output()}"
        state = self.state()
        assert state["status"] == "running" and state["pid"] > 1, state
        self.pid = state["pid"]


def again(container, bundle, images, *flags):
    """Dumps and restores it under its own id."""
    dump(container, images)
    assert container.runtime.ids() == [], "it is gone meanwhile"
    container.reap()
    return Restored(bundle, images, *flags, container_id=container.id)
