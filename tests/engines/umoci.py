"""umoci and skopeo of Debian make a bundle of an image; the runtime's own commands do the rest."""

import json
import os
import shutil

from client import Client, call, on_terminal, wait_for


class Engine(Client):
    packages = ("umoci", "skopeo")

    def start(self):
        image = f"oci:{self.path('image')}:one"
        assert call(["skopeo", "copy", "-q", f"docker-archive:{self.images.archive}", image]).status == 0
        self.bundle = self.unpack("one")
        self.command = [self.runtime, "--root", "/run/umoci-test"]

    def unpack(self, tag):
        result = call(["umoci", "unpack", "--image", f"{self.path('image')}:{tag}", self.path(tag)])
        assert result.status == 0, result
        return self.path(tag)

    def set_command(self, *words, terminal=False, bundle=None):
        """Changes what umoci wrote: the command, and limits that not every root may raise."""
        path = os.path.join(bundle or self.bundle, "config.json")
        with open(path, encoding="utf-8") as file:
            config = json.load(file)
        config["process"] |= {"args": list(words), "terminal": terminal}
        config["process"].pop("rlimits", None)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)

    def run_loop(self, name):
        self.set_command("sleep", "1000")
        self.quietly("run", "-d", "-b", self.bundle, name)
        return name

    def quietly(self, *words):
        """A call whose output is the container's, too: it must not be waited for."""
        command = ["sh", "-c", '"$@" >/dev/null 2>&1', "sh", *self.command, *words]
        result = call(command)
        assert result.status == 0, result

    def remove(self, name):
        self.call("delete", "--force", name)

    def status(self, name):
        return json.loads(self.ok("state", name))["status"]


def test_run(engine, name):
    engine.set_command("sh", "-c", "cat; exit 3")
    result = engine.call("run", "-b", engine.bundle, name, stdin="text")
    assert (result.status, result.out) == (3, "text"), result


def test_run_on_a_terminal(engine, name):
    engine.set_command("tty", terminal=True)
    assert "/dev/pts/0" in engine.terminal("run", "-b", engine.bundle, name)


def test_create_and_start(engine, name):
    engine.set_command("sleep", "1000")
    engine.quietly("create", "-b", engine.bundle, "--pid-file", engine.path("pid"), name)
    assert engine.status(name) == "created"
    engine.ok("start", name)
    state = json.loads(engine.ok("state", name))
    with open(engine.path("pid"), encoding="ascii") as file:
        assert (state["status"], state["pid"]) == ("running", int(file.read()))
    engine.ok("kill", name, "KILL")
    wait_for("stopped", lambda: engine.status(name) == "stopped")
    engine.ok("delete", name)
    result = engine.call("state", name)
    assert result.status == 1, result


def test_list_and_ps(engine, loop):
    assert loop in engine.ok("list")
    assert len(json.loads(engine.ok("ps", "--format", "json", loop))) == 1


def test_exec(engine, loop):
    assert engine.ok("exec", loop, "echo", "x") == "x"
    engine.fails(9, "", "exec", loop, "sh", "-c", "exit 9")
    result = on_terminal([*engine.command, "exec", "-t", loop, "sh", "-c", "sleep .5; tty; stty size"])
    assert "/dev/pts/" in result.out and "33 99" in result.out, result


def test_pause_and_resume(engine, loop):
    engine.ok("pause", loop)
    assert engine.status(loop) == "paused"
    engine.ok("resume", loop)
    assert engine.status(loop) == "running"


def test_update(engine, loop):
    engine.ok("update", "--memory", "64000000", "--pids-limit", "77", loop)


def test_repack_what_a_container_changed(engine, name):
    engine.set_command("sh", "-c", "echo layer >/new; rm /etc/group")
    engine.ok("run", "-b", engine.bundle, name)
    result = call(["umoci", "repack", "--image", f"{engine.path('image')}:two", engine.bundle])
    assert result.status == 0, result
    other = engine.unpack("two")
    assert os.path.exists(f"{other}/rootfs/new") and not os.path.exists(f"{other}/rootfs/etc/group")


def test_as_a_user(engine, name):
    """`umoci unpack --rootless`, and the runtime in the user's own user namespace."""
    user, home = 5001, engine.path("home")
    os.makedirs(f"{home}/run")
    program = shutil.copy(engine.runtime, home)
    shutil.copytree(engine.path("image"), f"{home}/image")
    assert call(["chown", "-R", f"{user}:{user}", home]).status == 0
    as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "env", "-C", home, "-i",
               f"HOME={home}", f"XDG_RUNTIME_DIR={home}/run", f"PATH={os.environ['PATH']}"]
    result = call([*as_user, "umoci", "unpack", "--rootless", "--image", "image:one", "bundle"])
    assert result.status == 0, result
    engine.set_command("sh", "-c", "id -u; cat /proc/self/uid_map; echo x >/dev/null", bundle=f"{home}/bundle")
    result = call([*as_user, program, "run", "-b", "bundle", name])
    assert result.out.split() == ["0", "0", str(user), "1"], result
