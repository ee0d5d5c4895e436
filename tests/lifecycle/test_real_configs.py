"""The config.json files that thirteen engine versions wrote for their runtime, run to their exit status.

Each file runs twice, on each view of cgroups: with the engine's own program through create, start, state and delete as
the engine calls them, and through `run` with a script that tells what the container is like.
"""

import os
import re

from lib import cgroup, each, engine_config, inside, linux, skip
from lib.container import wait_until
from lib.engine_config import EngineConfig
from lib.terminal import Console, Terminal
from lib.view import LAYOUTS, is_possible

# A layout that the machine has not is one skipped case, not one for each file; no files at all likewise.
CASES = [(name, layout) for layout in LAYOUTS for name in (engine_config.names() if is_possible(layout) else [])]
CASES += [("all", layout) for layout in LAYOUTS if not engine_config.names() or not is_possible(layout)]


def expected_end(engine):
    """What the engine's program prints (a pattern), the signal it needs to end, its exit status."""
    process, command = engine.process, " ".join(engine.process["args"])
    user, size = process["user"], process.get("consoleSize", {})
    variables = dict(entry.split("=", 1) for entry in process["env"])
    groups = [user["gid"]] + [group for group in user.get("additionalGids", []) if group != user["gid"]]
    effective = engine_config.capability_mask(process["capabilities"].get("effective", []))
    return {
        "echo hi": ("hi", None, 0),
        "tty": (r"/dev/(pts/\d+|console)", None, 0),
        "sh -c sleep .7; stty size": (f"{size.get('height')} {size.get('width')}", None, 0),
        "ip -o link": (r"(?s)1: lo:.*", None, 0),
        "id": (rf"uid={user['uid']}\b.*", None, 0),
        "grep CapEff /proc/self/status": (f"CapEff:\t{effective:016x}", None, 0),
        "grep Seccomp: /proc/self/status": (f"Seccomp:\t{2 if engine.linux.get('seccomp') else r'[02]'}", None, 0),
        "sh -c echo > /x": ("(?s).*Read-only file system", None, 1) if engine.config["root"].get("readonly")
                           else ("", None, 0),
        "sh -c echo $(id -u) $(pwd) $K": (f"{user['uid']} {process['cwd']} {variables.get('K', '')}", None, 0),
        "sh -c echo $(hostname) $K $(id -u) $(id -G)":
            (" ".join(map(str, [engine.config.get("hostname"), variables.get("K"), user["uid"], *groups])), None, 0),
        'sh -c trap "exit 0" TERM; echo started; while :; do sleep .2; done': ("started", "TERM", 0),
        'sh -c echo out; trap "exit 3" TERM; while :; do sleep .2; done': ("out", "15", 3),
        "sleep 1000": ("", "KILL", 137),
    }[command.removeprefix("/bin/")]


def check_cgroup(engine, container):
    """The container is where the file says, with the limits that the file has."""
    path = engine.linux.get("cgroupsPath")
    for point, version, controllers in cgroup.hierarchies():
        if version == 2 and not point.endswith("/unified") or "memory" in controllers or "cpu" in controllers:
            folder = cgroup.directory(container.pid, controllers[0] if controllers else "devices")
            assert folder == point + path if path else folder.endswith(f"/{container.id}"), f"cgroup {folder}"
    for controller, v1, v2, values in expected_limits(engine.linux["resources"]):
        found = container.limit(controller, v1, v2)
        assert found in values, f"{v1} or {v2} is {found}, not {' or '.join(values)}"


def expected_limits(resources):
    """(controller, file on v1, file on v2, texts that are right) for what the file asks for."""
    memory, cpu, pids = (resources.get(name, {}) for name in ("memory", "cpu", "pids"))
    if memory.get("limit"):
        yield "memory", "memory.limit_in_bytes", "memory.max", [str(memory["limit"])]
        swap = memory.get("swap", -1)
        if swap > 0:
            yield "memory", "memory.memsw.limit_in_bytes", "memory.swap.max", [str(swap), str(swap - memory["limit"])]
    if cpu.get("shares"):
        # cgroup v2 has two conversions in use, the second being runc's and crun's of 2025.
        old = 1 + (cpu["shares"] - 2) * 9999 // 262142
        yield "cpu", "cpu.shares", "cpu.weight", [str(cpu["shares"]), str(old), {512: "59", 1024: "100"}[cpu["shares"]]]
    if cpu.get("quota"):
        yield "cpu", "cpu.cfs_quota_us", "cpu.max", [str(cpu["quota"]), f"{cpu['quota']} {cpu['period']}"]
    if cpu.get("cpus"):
        yield "cpuset", "cpuset.cpus", "cpuset.cpus", [cpu["cpus"]]
    if pids.get("limit"):
        yield "pids", "pids.max", "pids.max", ["max" if pids["limit"] < 0 else str(pids["limit"])]


def check_hooks(engine, pid):
    """The stand-ins ran in the runtime's namespaces, with the container's state on stdin."""
    for _, hook in engine.hooks:
        arguments, own, its = linux.read_text(f"{hook['path']}.seen").splitlines()
        assert arguments == " ".join(hook["args"][1:]), arguments
        assert own == os.readlink("/proc/self/ns/net") and its != own, f"hook in {own}, container in {its}"
        state = linux.read_text(f"{hook['path']}.state")
        assert re.search(rf'"bundle": *"{re.escape(engine.bundle.path)}"', state), state
        assert pid is None or re.search(rf'"pid": *{pid}\b', state), state


def run_as_engine(engine):
    """The engine's own program, with the calls that the engine makes."""
    bundle, pattern, signal, status = engine.bundle, *expected_end(engine)
    flags, console = ["--pid-file", f"{bundle.path}/init.pid"], None
    if engine.process.get("terminal"):
        console = Console(f"{bundle.path}/console.sock")
        flags += ["--console-socket", console.path]
    container = bundle.create(*engine.process["args"], flags=flags)
    assert linux.read_text(f"{bundle.path}/init.pid") == str(container.pid)
    assert container.status == "created"
    check_cgroup(engine, container)
    check_hooks(engine, container.pid)
    if console:
        terminal = console.receive()
    container.start()
    read = terminal.output if console else container.output
    if signal:
        wait_until(lambda: re.fullmatch(pattern, read().strip()), "first output")
        wait_until(lambda: container.status == "running", "status running")
        container.kill(signal)
    ended = container.reap()
    output = read().replace("\r\n", "\n").strip()
    assert ended == status and re.fullmatch(pattern, output), f"status {ended}, output {output!r}"
    assert container.status == "stopped"
    container.delete()
    engine.bundle.runtime.fails("does not exist", "state", container.id)


def run_report(engine):
    """`run` with the script; what it tells must be what the file asks for."""
    bundle = engine.bundle
    engine.process["args"] = [inside.write_report_script(engine)]
    if engine.process.get("terminal"):
        size = engine.process.get("consoleSize", {"height": 24, "width": 80})
        terminal = Terminal(size["height"], size["width"])
        bundle.write()
        process = bundle.runtime.popen("run", "--bundle", bundle.path, bundle.new_id(), **terminal.stdio())
        terminal.close_slave()
        output = terminal.output()
        status = process.wait()
    else:
        result = bundle.try_run()
        status, output = result.status, result.out + result.err
    assert status == inside.STATUS, f"status {status}: {output}"
    differences = inside.find_differences(engine, output)
    assert not differences, "\n".join(differences)
    check_hooks(engine, None)


@each(*CASES)
def test_engine_config(bundle, view, name, layout):
    view(layout)
    if name == "all":
        skip(f"no config.json files in {engine_config.FOLDER}")
    linux.mount("none", "/", flags=linux.MS_SHARED | linux.MS_REC)  # as systemd leaves it where engines run
    engine = EngineConfig(name, bundle)
    own_args = engine.process["args"]
    try:
        run_report(engine)
        engine.process["args"] = own_args
        run_as_engine(engine)
    finally:
        engine.remove_namespaces()
        engine.remove_cgroup_parents()
