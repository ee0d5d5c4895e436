"""What cannot be dumped or restored is said, and nothing is left of it."""

import os

from lib import criu, each
from lib.criu import PATH, dump


def fails_to_restore(bundle, text, *flags, env=None, container_id=None):
    bundle.write()
    before = bundle.runtime.ids()
    bundle.runtime.fails(text, "restore", "--detach", "--bundle", bundle.path, *flags, container_id or bundle.new_id(),
                         env=env or PATH)
    assert bundle.runtime.ids() == before


def test_states(bundle, folder):
    container = bundle.create("/bin/true")
    fails = lambda text: bundle.runtime.fails(text, "checkpoint", "--image-path", folder / "i", container.id, env=PATH)
    fails("Container cannot be checkpointed in created state")
    container.start()
    container.reap()
    fails("Container cannot be checkpointed in stopped state")
    container.delete()
    bundle.runtime.fails("container does not exist", "checkpoint", "--image-path", folder / "other", container.id)
    assert not (folder / "other").exists()


def test_no_criu(bundle, folder):
    container = criu.start(bundle)
    text = 'exec: "criu": executable file not found in $PATH'
    bundle.runtime.fails(text, "checkpoint", "--image-path", folder / "images", container.id, env={"PATH": "/nowhere"})
    assert container.status == "running"
    (folder / "other").mkdir()
    fails_to_restore(bundle, text, "--image-path", folder / "other", env={"PATH": "/nowhere"})


def test_options(bundle, folder):
    container = criu.start(bundle)

    def fails(text, *flags):
        bundle.runtime.fails(text, "checkpoint", "--image-path", folder / "i", *flags, container.id, env=PATH)

    fails("--parent-path must be relative", "--parent-path", folder)
    fails("invalid --parent-path: stat", "--parent-path", "../nowhere")
    fails("invalid manage-cgroups-mode value", "--manage-cgroups-mode", "what")
    fails('namespace "pid" is not supported', "--empty-ns", "pid")
    fails("Use --page-server ADDRESS:PORT", "--page-server", "1234")
    fails("Invalid port number", "--page-server", "localhost:many")
    fails("invalid --status-fd argument 55: bad file descriptor", "--lazy-pages", "--status-fd", "55")
    assert container.status == "running"
    bundle.runtime.fails("flag needs an argument", "restore", "--lsm-mount-context")


def test_no_images(bundle, folder):
    bundle.process["args"] = ["/bin/true"]
    fails_to_restore(bundle, "no such file or directory", "--image-path", folder / "nowhere")
    assert not (folder / "nowhere").exists()
    (folder / "empty").mkdir()
    fails_to_restore(bundle, "descriptors.json: no such file or directory", "--image-path", folder / "empty")


@each("inventory.img", "pstree.img", "descriptors.json")
def test_broken_images(bundle, folder, name):
    container = criu.start(bundle)
    dump(container, folder / "images")
    container.reap()
    (folder / "images" / name).write_bytes(b"[\xff")
    fails_to_restore(bundle, "", "--image-path", folder / "images")


def test_taken_name(bundle, folder):
    container = criu.start(bundle)
    dump(container, folder / "images", "--leave-running")
    fails_to_restore(bundle, "container with given ID already exists", "--image-path", folder / "images",
                     container_id=container.id)
    assert container.status == "running"


def test_terminal_without_socket(bundle, folder):
    bundle.process["terminal"] = True
    os.mkdir(folder / "images")
    fails_to_restore(bundle, "cannot allocate tty if runc will detach without setting console socket", "--image-path",
                     folder / "images")


def test_missing_namespace(bundle, folder):
    container = criu.start(bundle)
    dump(container, folder / "images")
    container.reap()
    bundle.set_namespace("network", "/run/nowhere")
    fails_to_restore(bundle, "/run/nowhere", "--image-path", folder / "images")


