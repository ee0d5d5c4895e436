"""What a test can ask for by the names of its arguments, and the clean-up after it."""

import functools
import os
import pathlib
import shutil
import signal
import subprocess

from lib import cgroup, linux, view
from lib.bundle import Bundle
from lib.runtime import Runtime


def reap():
    """Reaps children that have ended; as every engine does."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


class Fixtures:
    """folder (a pathlib.Path for the test's files), runtime, bundle."""

    def __init__(self, folder, template):
        self.folder, self._template, self._bundles = pathlib.Path(folder), template, 0
        self._view_mounts = set()

    @functools.cached_property
    def runtime(self):
        return Runtime(self.folder / "root")

    @functools.cached_property
    def bundle(self):
        return self.make_bundle()

    def make_bundle(self):
        """A further bundle, for tests that need two."""
        self._bundles += 1
        path = self.folder / f"bundle{self._bundles}"
        path.mkdir(mode=0o711)
        return Bundle(path, self._template, self.runtime)

    def view(self, layout):
        """Shows the test /sys/fs/cgroup as "hybrid", "v1" or "v2"; skips it where this machine cannot."""
        before = {point.id for point in linux.mounts()}
        view.show(layout)
        self._view_mounts |= {point.id for point in linux.mounts()} - before

    def clean(self, mounts_before):
        """Deletes what the test has not, and names what is left after that."""
        problems = self._delete_containers()
        problems += self._end_processes()
        for target in reversed(linux.mounted):
            linux.try_unmount(target)
        problems += self._check_mounts(mounts_before)
        for path in cgroup.find(os.environ["SKIFF_TEST_ID"]):
            problems.append(f"cgroup {path}")
            cgroup.remove(path)
        for name in self.runtime.ids():
            problems.append(f"state {name}: {sorted(os.listdir(os.path.join(self.runtime.root, name)))}")
        shutil.rmtree(self.folder, ignore_errors=True)
        return problems

    def _delete_containers(self):
        problems = []
        for name in reversed(self.runtime.ids()):  # a sandbox, made first, goes last
            try:
                result = self.runtime.call("delete", "--force", name)
            except (OSError, subprocess.SubprocessError) as error:
                return [str(error)]
            reap()
            if result.status != 0:
                problems.append(f"delete --force failed: {result}")
        return problems

    def _end_processes(self):
        problems = []
        for pid in linux.descendants(os.getpid()):
            if linux.is_alive(pid):
                command = linux.read_text(f"/proc/{pid}/cmdline", "").replace("\0", " ")
                problems.append(f"process {pid}: {command}")
                os.kill(pid, signal.SIGKILL)
        while linux.descendants(os.getpid()):
            reap()
        return problems

    def _check_mounts(self, before):
        problems = []
        for point in reversed(linux.mounts()):
            if point.id not in before | self._view_mounts:
                # What the runtime keeps for all containers is no leftover of this test.
                if "/.launchpad" not in point.target:
                    problems.append(f"mount {point}")
                linux.try_unmount(point.target)
        return problems
