"""Which descriptors reach the program."""

import json
import os
import subprocess

from lib import since
from lib.runtime import ENVIRONMENT


def report(bundle, flags=(), opened="3</etc/passwd 4</etc/group", env="", arguments=("/bin/report",)):
    """`run` by a shell that has opened descriptors."""
    bundle.process["args"] = list(arguments)
    bundle.write()
    command = [bundle.runtime.program, *bundle.runtime.flags, "run", "--bundle", bundle.path, *flags, bundle.new_id()]
    done = subprocess.run(["/bin/bash", "-c", f'{env} exec "$@" {opened}', "sh", *command], env=ENVIRONMENT,
                          capture_output=True, text=True, timeout=20, check=False)
    return done.returncode, done.stdout, done.stderr


def test_only_stdio(bundle):
    status, out, _ = report(bundle, opened=" ".join(f"{fd}</etc/passwd" for fd in (3, 4, 5, 6, 7, 8, 9, 15, 200)))
    assert status == 0 and set(json.loads(out)["fds"]) == {"0", "1", "2"}


def test_created_container_holds_only_the_fifo(bundle):
    container = bundle.create("/bin/true")
    folder = f"/proc/{container.pid}/fd"
    fds = [os.readlink(f"{folder}/{fd}") for fd in sorted(os.listdir(folder), key=int)]
    assert len(fds) == 4 and os.path.basename(fds[3]) == "exec.fifo", fds


def test_preserve(bundle):
    _, out, _ = report(bundle, flags=["--preserve-fds", "2"])
    seen = json.loads(out)["fds"]
    assert set(seen) == {"0", "1", "2", "3", "4"}
    assert seen["3"].endswith("/etc/passwd") and seen["4"].endswith("/etc/group")


def test_preserve_fewer_than_are_open(bundle):
    _, out, _ = report(bundle, flags=["--preserve-fds", "1"])
    assert set(json.loads(out)["fds"]) == {"0", "1", "2", "3"}


def test_preserved_one_is_usable(bundle):
    _, out, _ = report(bundle, flags=["--preserve-fds", "1"], opened="3<<<text",
                       arguments=("/bin/sh", "-c", "cat <&3"))
    assert out == "text\n"


@since(runc="1.2")
def test_preserve_more_than_are_open(bundle):
    status, _, err = report(bundle, flags=["--preserve-fds", "3"], opened="3</etc/passwd 5</etc/group")
    assert status == 1 and "unable to stat preserved-fd 1 (of 3): no such file or directory" in err, err
    assert bundle.runtime.ids() == []


def test_socket_activation(bundle):
    _, out, _ = report(bundle, opened="3</etc/passwd", env="export LISTEN_FDS=1 LISTEN_PID=$$;")
    seen = json.loads(out)
    assert {"LISTEN_FDS=1", "LISTEN_PID=1"} <= set(seen["env"])
    assert seen["fds"]["3"].endswith("/etc/passwd")


def test_socket_activation_of_another_process(bundle):
    _, out, _ = report(bundle, opened="3</etc/passwd", env="export LISTEN_FDS=1 LISTEN_PID=1;")
    seen = json.loads(out)
    assert set(seen["fds"]) == {"0", "1", "2"} or bundle.runtime.name != "skiff"


def test_activation_and_preserved(bundle):
    _, out, _ = report(bundle, flags=["--preserve-fds", "1"], env="export LISTEN_FDS=1 LISTEN_PID=$$;")
    seen = json.loads(out)["fds"]
    assert seen["3"].endswith("/etc/passwd") and seen["4"].endswith("/etc/group")


def test_created_container_holds_none_of_ours(bundle):
    """Neither before start nor after."""
    fd = os.open("/etc/passwd", os.O_RDONLY)
    container = bundle.create(pass_fds=[fd])
    held = [os.readlink(f"/proc/{container.pid}/fd/{name}") for name in os.listdir(f"/proc/{container.pid}/fd")]
    os.close(fd)
    assert "/etc/passwd" not in held or bundle.runtime.name != "skiff", held


def test_conmons_variables_stay_outside(bundle):
    seen = bundle.report(env={"_OCI_SYNCPIPE": "3", "_OCI_STARTPIPE": "4"})
    assert not [entry for entry in seen["env"] if entry.startswith("_OCI_")]
