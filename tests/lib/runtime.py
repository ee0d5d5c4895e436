"""The runtime under test: by default build/skiff, or the program that OCI_RUNTIME names."""

import json
import os
import subprocess
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD_DIR", os.path.join(TOP, "build")))
PROGRAM = os.environ.get("OCI_RUNTIME", os.path.join(BUILD, "skiff"))
# Nothing of the caller's environment reaches the runtime but what the sanitizers need.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
ENVIRONMENT |= {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


class Result:
    """How one call of the runtime ended."""

    def __init__(self, arguments, status, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err

    @property
    def error(self):
        """stderr, with the quotes of its log records as they were written."""
        return self.err.replace('\\"', '"')

    def __repr__(self):
        return f"{' '.join(self.arguments)}\n  status {self.status}\n  out {self.out!r}\n  err {self.err!r}"


class Runtime:
    """A runtime program together with a state root of its own."""

    def __init__(self, root, program=PROGRAM):
        self.root, self.program = str(root), program
        self.flags = ["--root", self.root, *os.environ.get("OCI_FLAGS", "").split()]
        self.wrapper = []  # a program that runs it, as env(1) would

    def call(self, *arguments, env=None, cwd=None, stdin="", timeout=25, pass_fds=()):
        """Runs one command; its output goes through files, since a container may keep them open."""
        command = [*self.wrapper, self.program, *self.flags, *map(str, arguments)]
        with tempfile.TemporaryFile("w+") as feed, tempfile.TemporaryFile("w+", errors="replace") as out, \
                tempfile.TemporaryFile("w+", errors="replace") as err:
            feed.write(stdin)
            feed.seek(0)
            done = subprocess.run(command, stdin=feed, stdout=out, stderr=err, cwd=cwd, timeout=timeout,
                                  env=ENVIRONMENT | (env or {}), pass_fds=pass_fds, check=False)
            out.seek(0)
            err.seek(0)
            return Result(command, done.returncode, out.read(), err.read())

    def popen(self, *arguments, env=None, **options):
        """Starts one command and does not wait for it."""
        return subprocess.Popen([*self.wrapper, self.program, *self.flags, *map(str, arguments)],
                                env=ENVIRONMENT | (env or {}), **options)

    def ok(self, *arguments, **options):
        """Runs one command that must succeed; its standard output."""
        result = self.call(*arguments, **options)
        assert result.status == 0, result
        return result.out

    def fails(self, text, *arguments, status=1, **options):
        """Runs one command that must fail with this text on stderr (text: Skiff and runc, status: all)."""
        result = self.call(*arguments, **options)
        assert result.status == status, f"expected status {status}: {result}"
        assert self.name == "crun" or text in result.error, f"expected {text!r}: {result}"
        return result

    def state(self, container_id):
        return json.loads(self.ok("state", container_id))

    def ids(self):
        """Containers that have something in the state root."""
        try:
            return sorted(name for name in os.listdir(self.root) if not name.startswith("."))
        except FileNotFoundError:
            return []

    _version = None

    @property
    def version(self):
        """(name, (major, minor)) from the first line of --version."""
        if Runtime._version is None:
            words = self.ok("--version").splitlines()[0].split()
            numbers = words[2].replace("-", ".").replace("+", ".").split(".")
            name = os.path.basename(words[0]) if "OCI_RUNTIME" in os.environ else "skiff"
            Runtime._version = (name, (int(numbers[0]), int(numbers[1])))
        return Runtime._version

    @property
    def name(self):
        return self.version[0]

    def is_older(self, versions):
        """Text why a test marked with since(**versions) cannot pass under this peer; None if it has to."""
        name, version = self.version
        wanted = versions.get(name)
        if wanted is None or (wanted != "never" and version >= tuple(map(int, wanted.split(".")))):
            return None
        return f"{name} {version[0]}.{version[1]} differs" + ("" if wanted == "never" else f" (as from {wanted})")
