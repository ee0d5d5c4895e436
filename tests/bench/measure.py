"""Runs the runtimes by turns and keeps what every command took; tests/bench/timer.cc holds the clock."""

import itertools
import os
import pathlib
import shutil
import statistics
import subprocess
import time

from lib import cgroup, linux
from lib.fixtures import reap

COMMANDS = ("run", "create", "state", "start", "exec", "list", "kill", "delete", "cycle")


class Timer:
    """tests/bench/timer.cc as a child."""

    def __init__(self, program, errors):
        self._child = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                                       text=True)

    def pause(self, milliseconds):
        self._child.stdin.write(f"pause\t{milliseconds}\n")

    def run(self, *words):
        """(milliseconds, status, peak memory in KiB, minor faults)."""
        return self._ask(["run", *words])

    def together(self, commands):
        """The same for all of them at once; the time is until the last has ended."""
        words = ["together", str(len(commands))]
        for command in commands:
            words += [str(len(command)), *command]
        return self._ask(words)

    def _ask(self, words):
        self._child.stdin.write("\t".join(words) + "\n")
        self._child.stdin.flush()
        nanoseconds, status, peak, faults = map(int, self._child.stdout.readline().split())
        return nanoseconds / 1e6, status, peak, faults

    def close(self):
        self._child.stdin.close()
        self._child.wait()


class Peer:
    """A runtime program with a state root of its own. `base` are its words before a command."""

    def __init__(self, name, program, root):
        self.name, self.program = name, program
        self.base = [program, "--root", str(root)]

    def words(self, command, container, bundle):
        if command in ("run", "create"):
            return [*self.base, command, "--bundle", bundle, container]
        if command == "exec":
            return [*self.base, "exec", container, "/bin/true"]
        if command == "list":
            return [*self.base, "list"]
        return [*self.base, command, container, *(["KILL"] if command == "kill" else [])]

    def can(self, command):
        return command != "exec" or "exec" in self._help

    @property
    def _help(self):
        return subprocess.run([self.program, "--help"], capture_output=True, text=True, check=False).stdout

    def works(self, bundle):
        """Whether it can run the bundle here at all; else its last words."""
        done = subprocess.run(self.words("run", f"{os.environ['SKIFF_TEST_ID']}-try-{self.name}", bundle),
                              capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        return "" if done.returncode == 0 else (done.stderr.strip() or f"status {done.returncode}").splitlines()[-1]


class Floor(Peer):
    """The kernel's part alone: tests/bench/floor.cc. Bundle `a` only."""

    def __init__(self, program, root):
        super().__init__("floor", program, root)
        self.root = pathlib.Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.places = [point for point, version, _ in sorted(cgroup.hierarchies(), key=lambda entry: -entry[1])]

    def words(self, command, container, bundle):
        return [self.program, command, str(self.root / container), f"{bundle}/rootfs",
                *[f"{place}/{container}" for place in self.places]]

    def can(self, command):
        return command in ("run", "create", "start", "delete")

    def works(self, bundle):
        done = subprocess.run(self.words("run", f"{os.environ['SKIFF_TEST_ID']}-try", bundle), capture_output=True,
                              text=True, check=False)
        return "" if done.returncode == 0 else done.stderr.strip() or f"status {done.returncode}"


class Samples:
    """[peer][command] -> milliseconds, one per round; also the peaks of memory (KiB)."""

    def __init__(self):
        self.times, self.peaks = {}, {}

    def add(self, peer, command, answer):
        self.times.setdefault(peer, {}).setdefault(command, []).append(answer[0])
        peaks = self.peaks.setdefault(peer, {})
        peaks[command] = max(peaks.get(command, 0), answer[2])


def ratio(one, other):
    """The median of one's times over the other's, round by round."""
    return statistics.median(a / b for a, b in zip(one, other))


_numbers = itertools.count(1)


def new_id():
    return f"{os.environ['SKIFF_TEST_ID']}-{os.getpid()}-{next(_numbers)}"


def wait_for_end(peer, container):
    """Until `state` says so, five seconds at most."""
    for _ in range(500):
        state = subprocess.run([*peer.base, "state", container], capture_output=True, text=True, check=False).stdout
        if '"stopped"' in state:
            return
        time.sleep(0.01)


def _one_life(timer, peer, bundle, pause, note):
    """create, state, start, exec, list, kill, delete; the sum of create, start and delete is the cycle."""
    container, cycle = new_id(), 0.0
    for command in COMMANDS[1:-1]:
        if not peer.can(command):
            continue
        if command == "create" and pause:
            timer.pause(pause)
        answer = timer.run(*peer.words(command, container, bundle))
        if answer[1] != 0:
            raise RuntimeError(f"{peer.name} {command} ended with status {answer[1]}")
        note(command, answer)
        if command in ("create", "start", "delete"):
            cycle += answer[0]
        if command == "kill":
            wait_for_end(peer, container)  # which is not what delete is measured for
        elif command == "start" and not peer.can("kill"):
            timer.pause(20)
    note("cycle", (cycle, 0, 0, 0))


def lives(timer, peers, bundles, rounds, pause):
    """Rounds of `run` and of a whole life. The order turns round each time; the first round warms up."""
    samples = Samples()
    for number in range(rounds + 1):
        for peer in peers if number % 2 else peers[::-1]:
            def note(command, answer, peer=peer):
                if number:
                    samples.add(peer.name, command, answer)
            if pause:
                timer.pause(pause)
            answer = timer.run(*peer.words("run", new_id(), bundles["run"]))
            if answer[1] != 0:
                raise RuntimeError(f"{peer.name} run ended with status {answer[1]}")
            note("run", answer)
            _one_life(timer, peer, bundles["run" if peer.name == "floor" else "life"], pause, note)
    return samples


def crowd(timer, peers, bundle, rounds, size):
    """`run` of `size` containers at once; the time of one is the whole divided by the number."""
    samples = Samples()
    for number in range(rounds + 1):
        for peer in peers if number % 2 else peers[::-1]:
            answer = timer.together([peer.words("run", new_id(), bundle) for _ in range(size)])
            if answer[1] != 0:
                raise RuntimeError(f"{peer.name} run, {size} at once, ended with status {answer[1]}")
            if number:
                samples.add(peer.name, "run", (answer[0] / size, *answer[1:]))
    return samples


class Neighbours:
    """Containers of the first peer that are alive while others are measured; its `list` alone has them to tell."""

    def __init__(self, peer, bundle, count):
        self._peer, self._bundle, self._ids = peer, bundle, [new_id() for _ in range(count)]

    def __enter__(self):
        for container in self._ids:
            self._call("create", container)
            self._call("start", container)
        return self

    def _call(self, command, container):
        subprocess.run(self._peer.words(command, container, self._bundle), check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        for container in self._ids:
            subprocess.run([*self._peer.base, "delete", "--force", container], check=False)
        reap()


class Mounts:
    """The host has at least `count` mounts."""

    def __init__(self, folder, count):
        self._folder, self._count = pathlib.Path(folder) / "mounts", count

    def __enter__(self):
        self._folder.mkdir()
        linux.mount("tmpfs", self._folder, "tmpfs")
        for number in range(max(0, self._count - len(linux.mounts()))):
            target = self._folder / str(number)
            target.mkdir()
            linux.bind(target, target)
        return self

    def __exit__(self, *_):
        linux.unmount(self._folder)
        shutil.rmtree(self._folder)
