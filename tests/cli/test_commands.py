"""The table of cases.py against Skiff; and against Debian's runc and crun, from which each difference must be listed."""

import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import time

from cli.cases import CASES
from lib import each, limit, skip
from lib.container import wait_until
from lib.fixtures import reap
from lib.runtime import PROGRAM, TOP, Runtime

LIST = pathlib.Path(TOP, "contrib", "COMPATIBILITY.md")


class Answer:
    """One invocation's: status, stdout, the last record's level and message on stderr and in a log."""

    def __init__(self, result, record):
        self.status, self.out = result.status, result.out
        self.message = message_of(result.err)
        self.level, self.logged = record


def message_of(err):
    """Of the last line: logfmt's msg, or all of it behind crun's time stamp."""
    lines = [line for line in err.splitlines() if line.strip()]
    if not lines:
        return ""
    found = re.search(r' msg=("(?:[^"\\]|\\.)*"|\S+)', lines[-1])
    if not found:
        return re.sub(r"^\S+Z: ", "", lines[-1])
    return json.loads(found[1]) if found[1].startswith('"') else found[1]


def last_record(path):
    with contextlib.suppress(FileNotFoundError):
        lines = pathlib.Path(path).read_text().splitlines()
        if lines:
            record = json.loads(lines[-1])
            assert set(record) >= {"level", "msg", "time"}, record
            return record["level"], record["msg"]
    return "", ""


class Bench:
    """Runs cases with one runtime; the container of a case is gone afterwards."""

    def __init__(self, runtime, bundle):
        self.runtime, self.bundle, self.count = runtime, bundle, 0

    def container(self, given):
        self.count += 1
        name = f"{os.environ['SKIFF_TEST_ID']}-{self.count}"
        if given == "none":
            return name
        args = ["true"] if given == "stopped" else ["sleep", "1000"]
        self.bundle.config["process"]["args"] = args
        self.bundle.write()
        self.runtime.ok("create", "--bundle", self.bundle.path, name)
        if given != "created":
            self.runtime.ok("start", name)
        while given == "stopped" and self.runtime.state(name)["status"] != "stopped":
            reap()
            time.sleep(0.01)
        return name

    def call(self, case, options=()):
        name = self.container(case.given)
        process = self.bundle.config["process"]
        before = dict(process)
        process.update({"args": ["sleep", "1000"]} | case.config)
        self.bundle.write()
        values = {"id": name, "none": "nosuch", "bundle": self.bundle.path,
                  "file": os.path.join(self.bundle.path, f"file{self.count}")}
        words = [word.format(**values) if "{" in word else word for word in shlex.split(f"{case.before} {case.words}")]
        try:
            return self.runtime.call(*options, *words, cwd=self.bundle.path, stdin=case.stdin)
        finally:
            process.clear()
            process.update(before)
            for left in self.runtime.ids():
                self.runtime.call("delete", "--force", left)
            reap()

    def answer(self, case, with_log=True):
        result = self.call(case)
        if not case.logged or not case.message or not with_log:
            return Answer(result, ("", ""))
        log = os.path.join(self.bundle.path, f"log{self.count}")
        self.call(case, ["--log", log, "--log-format", "json"])
        return Answer(result, last_record(log))


def bench(bundle, folder, program, name):
    """`program` under the name of a persona."""
    path = os.path.join(folder, name)
    os.makedirs(folder, exist_ok=True)
    if not os.path.exists(path):
        os.symlink(os.path.realpath(program), path)
    root = os.path.join(folder, f"root-{name}")
    os.makedirs(root, exist_ok=True)
    return Bench(Runtime(root, path), bundle)


@limit(60)
@each(*[(start,) for start in range(0, len(CASES), 20)])
def test_answers(bundle, folder, start):
    skiff = bench(bundle, folder / "bin", PROGRAM, "runc")
    wrong = []
    for case in CASES[start:start + 20]:
        answer = skiff.answer(case)
        if answer.status != case.status:
            wrong.append(f"{case.name}: status {answer.status}: {answer.message}")
        elif not re.fullmatch(case.out, answer.out):
            wrong.append(f"{case.name}: stdout {answer.out!r}")
        elif not re.fullmatch(case.message, answer.message):
            wrong.append(f"{case.name}: message {answer.message!r}")
        elif case.message and case.logged and \
                (answer.level, plain(answer.logged)) != ("error", plain(answer.message)):
            wrong.append(f"{case.name}: logged {answer.level} {answer.logged!r}")
    assert not wrong, "\n".join(wrong)


def test_ps_with_arguments_of_any_length(bundle, runtime):
    """More than a reader of /proc cares to take, in the arguments of a container's processes."""
    word = "x" * 100_000
    bundle.file("/many", f"i=0; while [ $i -lt 200 ]; do sh -c 'sleep 1000; :' {word} & i=$((i+1)); done; wait")
    box = bundle.start("/bin/sh", "/many")
    wait_until(lambda: len(json.loads(runtime.ok("ps", "--format", "json", box.id))) > 400)
    assert runtime.ok("ps", box.id).count(word) >= 200


def plain(text):
    """Without what differs from run to run."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)", "TIME", text)
    text = re.sub(r"/\S*/(runc|crun)\b", r"\1", text)
    text = re.sub(r'(ociVersion": ?"[\d.]+)-dev"', r'\1"', text)
    text = re.sub(" +", " ", text)  # columns are as wide as ids and times
    return re.sub(r"\b\d+\b", "N", text)


def differences(case, ours, theirs):
    """What of the two answers is not the same: help and versions are texts for people, of which the form counts."""
    found = []
    if ours.status != theirs.status:
        found.append("status")
    is_text = "NAME:" in ours.out or "Usage:" in ours.out or " version " in ours.out or "features" in case.words
    one, other = plain(ours.out), plain(theirs.out)
    if (one.splitlines()[:1] != other.splitlines()[:1]) if is_text else one != other:
        found.append("stdout")
    if plain(ours.message).strip() != plain(theirs.message).strip():
        found.append("message")
    return found


def listed(peer):
    """{(case, what)} from the rows "| `case` | what | reason |" below the heading of the peer."""
    text = LIST.read_text()
    part = text.split(f"\n## {peer}", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([^`]*)` \| ([^|]*) \| ([^|]+) \|$", part, re.M)
    return {(case.replace("&#124;", "|"), what) for case, whats, reason in rows for what in whats.split(", ")}


@limit(120)
@each("runc", "crun")
def test_differences(bundle, folder, view, peer):
    program = shutil.which(peer)
    if not program:
        skip(f"no {peer} on this machine")
    if peer == "crun":
        view("v1")  # Debian 12's knows no hybrid hierarchies
    skiff = bench(bundle, folder / "ours", PROGRAM, peer)
    other = bench(bundle, folder / "theirs", program, peer)
    known, found, unlisted = listed(peer), 0, []
    for case in CASES:
        reap()
        ours, theirs = skiff.answer(case, with_log=False), other.answer(case, with_log=False)
        for what in differences(case, ours, theirs):
            found += 1
            if (case.name, what) not in known:
                value = {"status": "status", "stdout": "out", "message": "message"}[what]
                unlisted.append(f"{case.name} | {what} | ours {getattr(ours, value)!r} theirs {getattr(theirs, value)!r}")
    stale = known - {(case.name, what) for case in CASES for what in ("status", "stdout", "message")}
    print(f"{peer}: {len(CASES)} invocations, {found} differences, {len(unlisted)} not listed", flush=True)
    if os.environ.get("CLI_DIFFERENCES"):
        pathlib.Path(os.environ["CLI_DIFFERENCES"], peer).write_text("\n".join(unlisted))
    assert not unlisted, "\n".join(unlisted)
    assert not stale, f"listed, but no such invocation: {stale}"
