"""What crun's callers rely on: its options under any name, and its ways when the program is called crun."""

import json
import os

from lib import each
from lib.runtime import PROGRAM


def called(bundle, name):
    """The runtime of the bundle, from now on called by this name."""
    path = os.path.join(bundle.path, name)
    os.symlink(os.path.realpath(PROGRAM), path)
    bundle.runtime.program = path
    return bundle.runtime


def test_mounts_come_and_go(bundle, runtime, folder):
    (folder / "shared").mkdir()
    (folder / "shared" / "file").write_text("seen")
    box = bundle.start("sleep", "1000")
    wanted = [{"destination": "/new/dir", "type": "bind", "source": str(folder / "shared"), "options": ["bind", "ro"]},
              {"destination": "/scratch", "type": "tmpfs", "source": "tmpfs", "options": ["ro"]}]
    (folder / "mounts.json").write_text(json.dumps(wanted))
    runtime.ok("mounts", "add", box.id, folder / "mounts.json")
    assert runtime.ok("exec", box.id, "cat", "/new/dir/file") == "seen"
    table = runtime.ok("exec", box.id, "cat", "/proc/self/mountinfo")
    assert [line.split()[5].split(",")[0] for line in table.splitlines()
            if line.split()[4] in ("/new/dir", "/scratch")] == ["ro", "ro"]
    runtime.ok("mounts", "remove", box.id, folder / "mounts.json")
    table = runtime.ok("exec", box.id, "cat", "/proc/self/mountinfo")
    assert "/new/dir" not in table and "/scratch" not in table


@each("/proc/kcore", "/sys/firmware", "/")
def test_masks_stay(bundle, runtime, folder, path):
    box = bundle.start("sleep", "1000")
    (folder / "mounts.json").write_text(json.dumps([{"destination": path}]))
    runtime.fails("cannot be unmounted", "mounts", "remove", box.id, folder / "mounts.json")


def test_mounts_of_a_stopped_container(bundle, runtime, folder):
    box = bundle.create("sleep", "1000")
    (folder / "mounts.json").write_text("[]")
    runtime.ok("mounts", "add", box.id, folder / "mounts.json")
    runtime.fails("unknown command move", "mounts", "move", box.id, folder / "mounts.json")
    runtime.fails("container does not exist", "mounts", "add", "nosuch", folder / "mounts.json")
    (folder / "mounts.json").write_text("{}")
    runtime.fails("array", "mounts", "add", box.id, folder / "mounts.json")


def test_regular_expressions(bundle, runtime):
    first, second = bundle.create("sleep", "1000"), bundle.create("sleep", "1000")
    runtime.ok("delete", "--force", "--regex", f"^{first.id}$")
    assert runtime.ids() == [second.id]
    runtime.ok("kill", "--regex", ".*", "KILL")
    runtime.ok("delete", "--force", "--regex", ".")
    assert runtime.ids() == []
    runtime.fails("invalid regular expression [", "delete", "--regex", "[")


def test_other_configuration(bundle, runtime):
    bundle.config["process"]["args"] = ["echo", "other"]
    bundle.write()
    os.rename(os.path.join(bundle.path, "config.json"), os.path.join(bundle.path, "other.json"))
    assert runtime.ok("run", "--config", "other.json", "-b", bundle.path, bundle.new_id()) == "other\n"


def test_log_backends(runtime, folder):
    log = folder / "log"
    runtime.call(f"--log=file:{log}", "--log-level=error", "state", "nosuch")
    assert "container does not exist" in log.read_text()


def test_status_file(bundle):
    runtime = called(bundle, "crun")
    box = bundle.create("sleep", "1000")
    with open(os.path.join(runtime.root, box.id, "status"), encoding="utf-8") as file:
        status = json.load(file)
    assert status["pid"] == runtime.state(box.id)["pid"]
    assert len(json.loads(status["external_descriptors"])) == 3


def test_unknown_capabilities(bundle):
    bundle.config["process"]["capabilities"]["bounding"] = ["CAP_NOSUCH"]
    assert bundle.run("echo", "x") == "x"
    called(bundle, "crun")
    bundle.fails("unknown capability `CAP_NOSUCH`", "true")


def test_user_namespace_without_mappings(bundle):
    bundle.config["linux"]["namespaces"].append({"type": "user"})
    bundle.fails("mappings", "true")
    called(bundle, "crun")
    bundle.drop_mounts("/dev/pts")  # its group is not mapped
    assert bundle.run("cat", "/proc/self/uid_map").split() == ["0", "0", "1"]


def test_version(bundle):
    lines = called(bundle, "crun").ok("--version").splitlines()
    assert lines[0].startswith("crun version ")
    assert lines[-1].startswith("+")
