"""Runs the tests of a suite: each test_* function of tests/SUITE/test_*.py, in a process of its own.

    runner.py SUITE [WORD...]      only tests whose name holds one of the words

A test gets the fixtures that its arguments name (see fixtures.py), a private mount namespace, and 30 seconds. When it
is over its containers are deleted by force, and what is left then (a process, mount, cgroup or state) fails it.
"""

import importlib.util
import inspect
import os
import pathlib
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import Skip, bundle, cgroup, linux  # noqa: E402 (the path has to be set first)
from lib.fixtures import Fixtures  # noqa: E402
from lib.runtime import Runtime  # noqa: E402

PASSED, FAILED, SKIPPED = 0, 1, 77
SECONDS = 30


class Case:
    """One test, with the value of @each if it has one."""

    def __init__(self, file, name, function, values):
        self.name = f"{file.stem.removeprefix('test_')}: {name.removeprefix('test_').replace('_', ' ')}"
        if values:
            label = ", ".join(str(value) for value in values).encode("unicode_escape").decode()
            self.name += f" [{label[:60]}]"
        self.function, self.values = function, values
        self.seconds = getattr(function, "limit", SECONDS)


def find_cases(suite, words):
    cases = []
    for file in sorted((HERE.parent / suite).glob("test_*.py")):
        spec = importlib.util.spec_from_file_location(f"{suite}_{file.stem}", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for name, function in vars(module).items():
            if name.startswith("test_") and inspect.isfunction(function):
                for value in getattr(function, "each", [()]):
                    cases.append(Case(file, name, function, value if isinstance(value, tuple) else (value,)))
    return [case for case in cases if not words or any(word in case.name for word in words)]


def call(case, fixtures):
    """Runs the test in this process; (outcome, text)."""
    try:
        older = fixtures.runtime.is_older(getattr(case.function, "since", {}))
        if older:
            raise Skip(older)
        names = list(inspect.signature(case.function).parameters)
        names = names[:len(names) - len(case.values)]
        case.function(*[getattr(fixtures, name) for name in names], *case.values)
        return PASSED, ""
    except Skip as reason:
        return SKIPPED, str(reason)
    except BaseException:  # a test may fail in any way
        return FAILED, traceback.format_exc(limit=-3) + variables(case.function)


def variables(function):
    """The test's local variables where it failed: what an assertion compared."""
    trace = sys.exc_info()[2]
    while trace and trace.tb_frame.f_code is not function.__code__:
        trace = trace.tb_next
    texts = {name: repr(value)[:500] for name, value in trace.tb_frame.f_locals.items()} if trace else {}
    return "".join(f"{name} = {text}\n" for name, text in texts.items() if " object at " not in text)


def run_here(case, scratch, template):
    """The test process: its surroundings, the test, the search for leftovers."""
    os.environ["SKIFF_TEST_ID"] = f"skiff-test-{os.getpid()}"
    linux.make_subreaper()
    linux.unshare(linux.CLONE_NEWNS)
    linux.mount("none", "/", flags=linux.MS_PRIVATE | linux.MS_REC)
    folder = pathlib.Path(scratch, str(os.getpid()))
    folder.mkdir(mode=0o711)
    fixtures = Fixtures(folder, template)
    before = {point.id for point in linux.mounts()}
    outcome, text = call(case, fixtures)
    problems = fixtures.clean(before)
    if problems:
        outcome, text = FAILED, text + "left behind:\n" + "\n".join(f"  {problem}" for problem in problems) + "\n"
    return outcome, text


class Running:
    """A test process and the pipe through which it says how it ended."""

    def __init__(self, case, scratch, template):
        self.case, self.since = case, time.monotonic()
        self.pipe, write_end = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            outcome = FAILED
            try:
                os.close(self.pipe)
                outcome, text = run_here(case, scratch, template)
                os.write(write_end, text.encode(errors="replace")[:60000])
            except BaseException:  # nothing of the runner may go on in this process
                os.write(write_end, traceback.format_exc().encode(errors="replace")[:60000])
            finally:
                os._exit(outcome)
        os.close(write_end)

    def finish(self):
        """Waits at most until the time is up; (outcome, text, seconds)."""
        text = self._read()
        if text is None:
            for pid in [*linux.descendants(self.pid)[::-1], self.pid]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.pipe)
        if text is None:
            status, text = FAILED, f"not done after {self.case.seconds} s\n"
            self._sweep()
        return (status if status in (PASSED, SKIPPED) else FAILED), text, time.monotonic() - self.since

    def _read(self):
        data = b""
        while True:
            left = self.since + self.case.seconds - time.monotonic()
            if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
                return None
            piece = os.read(self.pipe, 65536)
            if not piece:
                return data.decode(errors="replace")
            data += piece

    def _sweep(self):
        """What a killed test cannot do any more."""
        reap_orphans()
        for path in cgroup.find(f"skiff-test-{self.pid}"):
            cgroup.remove(path)


def reap_orphans():
    for pid in linux.descendants(os.getpid()):
        if not linux.is_alive(pid):
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def show(case, outcome, text, seconds):
    word = {PASSED: "ok", FAILED: "FAILED", SKIPPED: "skipped"}[outcome]
    reason = f": {text}" if outcome == SKIPPED else ""
    print(f"{word:8}{case.name}{reason} ({seconds:.1f} s)", flush=True)
    if outcome == FAILED:
        print("".join(f"    | {line[:1000]}\n" for line in text.splitlines()), end="", flush=True)


def main():
    suite, words = sys.argv[1], sys.argv[2:]
    linux.make_subreaper()
    scratch = tempfile.mkdtemp(prefix="skiff-tests-")
    os.chmod(scratch, 0o711)
    counts = {PASSED: 0, FAILED: 0, SKIPPED: 0}
    try:
        template = os.path.join(scratch, "template")
        bundle.make_template(template)
        print(f"{suite}: runtime {Runtime(scratch).version}", flush=True)
        for case in find_cases(suite, words):
            outcome, text, seconds = Running(case, scratch, template).finish()
            counts[outcome] += 1
            show(case, outcome, text, seconds)
    finally:
        shutil.rmtree(scratch)
    print(f"{suite}: {counts[PASSED]} passed, {counts[FAILED]} failed, {counts[SKIPPED]} skipped")
    return 1 if counts[FAILED] or not counts[PASSED] + counts[SKIPPED] else 0


if __name__ == "__main__":
    sys.exit(main())
