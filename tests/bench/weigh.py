"""What a runtime costs besides time: system calls, memory, the smallest limit, bytes on disk."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

from lib import cgroup, linux
from measure import new_id, wait_for_end

QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _count(words):
    """System calls of a command and of all that it begins, up to the end of the command itself."""
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "calls"
        tracer = subprocess.Popen(["strace", "-D", "-f", "-qq", "-o", log, *words], **QUIET)
        status = tracer.wait()
        if status != 0:
            raise RuntimeError(f"{' '.join(words)}: status {status}")
        # The program's own few (busybox's true) are counted too: they are the same every time.
        return sum(1 for line in log.read_text(errors="replace").splitlines()
                   if " = " in line or "exit_group(" in line)


def system_calls(peer, bundle):
    """{command: number} of run, and of create, start and delete."""
    found = {"run": _count(peer.words("run", new_id(), bundle))}
    container = new_id()
    for command in ("create", "start", "delete"):
        found[command] = _count(peer.words(command, container, bundle))
        if command == "start":
            wait_for_end(peer, container)
    return found


def _with_limit(bundle, folder, kilobytes):
    config = json.loads(pathlib.Path(bundle, "config.json").read_text(encoding="utf-8"))
    config["root"]["path"] = os.path.join(bundle, "rootfs")
    config["linux"].setdefault("resources", {})["memory"] = {"limit": kilobytes * 1024}
    pathlib.Path(folder, "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def smallest_limit(peer, bundle):
    """KiB of the smallest memory limit, of a few, in which `create` works; None where there is no such controller."""
    if not cgroup.has("memory"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        for kilobytes in (128, 192, 256, 384, 512, 768, 1024, 2048, 4096, 8192, 16384):
            container = new_id()
            try:
                status = subprocess.run(peer.words("create", container, _with_limit(bundle, folder, kilobytes)),
                                        timeout=10, check=False, **QUIET).returncode
            except subprocess.TimeoutExpired:
                status = 1
            subprocess.run([*peer.base, "delete", "--force", container], check=False, **QUIET)
            if status == 0:
                return kilobytes
    return None


def held_memory(peer, bundle):
    """KiB that the first process of a created container has for itself."""
    container = new_id()
    subprocess.run(peer.words("create", container, bundle), check=True, **QUIET)
    state = json.loads(subprocess.run([*peer.base, "state", container], capture_output=True, check=True).stdout)
    rollup = linux.read_text(f"/proc/{state['pid']}/smaps_rollup")
    subprocess.run([*peer.base, "delete", "--force", container], check=False, **QUIET)
    return sum(int(size) for size in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", rollup, re.MULTILINE))


def stripped_size(program):
    """Bytes of the program without its symbols."""
    with tempfile.NamedTemporaryFile() as copy:
        subprocess.run(["strip", "-o", copy.name, program], check=True)
        return os.stat(copy.name).st_size


def questions_to_processor(program):
    """The program's CPUID instructions: a virtual machine's host traps each, for microseconds, at every start."""
    listing = subprocess.run(["objdump", "--disassemble", "--no-show-raw-insn", program], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    return sum(line.split()[1:2] == ["cpuid"] for line in listing.splitlines())
