"""Compares what a container sees of itself with the config.json that it was made from."""

import json
import os

from lib import cgroup, engine_config, linux

STATUS = 7
DEVICES = {"null": "1:3", "zero": "1:5", "full": "1:7", "random": "1:8", "urandom": "1:9", "tty": "5:0"}
LINKS = {"fd": "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
         "ptmx": "pts/ptmx"}


def write_report_script(engine):
    """The script's path inside: /bin/report's JSON on one line, then a word and what it is about on each line."""
    script = ["#!/bin/sh", "/bin/report"]
    for path in engine.linux.get("maskedPaths", []):
        script.append(f'[ ! -e {path} ] || echo "masked {path} $(ls -A {path}/ 2>/dev/null; cat {path} 2>/dev/null)"')
    for path in engine.linux.get("readonlyPaths", []):
        script.append(f"[ ! -e {path} ] || echo readonly {path}")
    for name in engine.linux.get("sysctl", {}):
        script.append(f"echo sysctl {name} $(cat /proc/sys/{name.replace('.', '/')})")
    for name in DEVICES:
        script.append(f"stat -c 'device {name} %t:%T %a' /dev/{name}")
    for name in LINKS:
        script.append(f"echo link {name} $(readlink /dev/{name})")
    script.append("echo hierarchies $(ls /sys/fs/cgroup)")
    script.append("mknod /dev/probe c 1 11 2>/dev/null && (cat </dev/probe) 2>&1 | sed 's/^/forbidden /'")
    script.append(f"exit {STATUS}")
    engine.bundle.file("/report.sh", "\n".join(script) + "\n", mode=0o755)
    return "/report.sh"


class Report:
    """The script's output."""

    def __init__(self, output):
        first, *rest = output.replace("\r\n", "\n").splitlines()
        self.facts = json.loads(first)
        self.lines = {}
        for line in rest:
            word, _, text = line.partition(" ")
            self.lines.setdefault(word, []).append(text.strip())
        self.mounts = {}  # of several on one target the last is what one sees
        for line in self.facts["mounts"]:
            point = linux.MountPoint(line)
            self.mounts[point.target] = point


def find_differences(engine, output):
    """A line for each thing that is not as the config has it."""
    try:
        report = Report(output)
    except (ValueError, KeyError) as error:
        return [f"no report ({error}): {output}"]
    checks = (_process, _privileges, _root_and_mounts, _protected_paths, _devices, _namespaces, _cgroups)
    return [f"{name}: {found!r} is not {wanted!r}" for check in checks
            for name, found, wanted in check(engine, report) if found != wanted]


def _process(engine, report):
    process, facts = engine.process, report.facts
    user = process["user"]
    yield "pid of the report's parent", facts["ppid"], 1
    yield "uids", facts["uids"], [user["uid"]] * 3
    yield "gids", facts["gids"], [user["gid"]] * 3
    yield "groups", sorted(facts["groups"]), sorted(set(user.get("additionalGids", [])))
    yield "umask", facts["umask"], user.get("umask", 0o022)
    yield "cwd", facts["cwd"], process["cwd"]
    yield "descriptors", sorted(facts["fds"]), ["0", "1", "2"]
    variables = dict(entry.split("=", 1) for entry in facts["env"])
    for name, value in dict(entry.split("=", 1) for entry in process["env"]).items():
        yield f"variable {name}", variables.get(name), value
    yield "HOME is set", "HOME" in variables, True
    yield "terminal", facts["terminal"] is not None, process.get("terminal", False)
    if process.get("consoleSize"):
        size = {"height": facts["terminal"]["rows"], "width": facts["terminal"]["columns"]}
        yield "console size", size, process["consoleSize"]
    yield "hostname", facts["hostname"], engine.config.get("hostname", facts["hostname"])


def _privileges(engine, report):
    process, facts, mask = engine.process, report.facts, engine_config.capability_mask
    sets = {kind: mask(listed) for kind, listed in process["capabilities"].items()}
    bounding, inheritable = sets.get("bounding", 0), sets.get("inheritable", 0)
    # Buildah 1.28 asks for ambient ones that are not inheritable. The kernel knows no such thing; runc passes over it.
    ambient = sets.get("ambient", 0) & inheritable & sets.get("permitted", 0)
    permitted = ambient
    if process["user"]["uid"] == 0:  # root gets the bounding set at execve, or with no_new_privs what it had
        permitted = bounding & sets.get("permitted", 0) if process.get("noNewPrivileges") else bounding
    for name, wanted in (("Bnd", bounding), ("Prm", permitted), ("Eff", permitted), ("Amb", ambient),
                         ("Inh", inheritable)):
        yield f"Cap{name}", facts["status"][f"Cap{name}"], f"{wanted:016x}"
    yield "no_new_privs", facts["status"]["NoNewPrivs"], str(int(process.get("noNewPrivileges", False)))
    if engine.linux.get("seccomp"):
        yield "seccomp", facts["status"]["Seccomp"], "2"
    for limit in process.get("rlimits", []):
        yield limit["type"], facts["rlimits"][limit["type"]], [limit["soft"], limit["hard"]]
    own = int(linux.read_text("/proc/self/oom_score_adj"))
    yield "oom_score_adj", facts["oom_score_adj"], process.get("oomScoreAdj", own)
    for text in report.lines.get("sysctl", []):
        name, *values = text.split()
        yield name, values, engine.linux["sysctl"][name].split()


def _root_and_mounts(engine, report):
    yield "root is read-only", "ro" in report.mounts["/"].options, engine.config["root"].get("readonly", False)
    for mount in engine.config["mounts"]:
        target, options = mount["destination"], mount.get("options", [])
        point = report.mounts.get(target)
        yield f"{target} is mounted", point is not None, True
        if point is None:
            continue
        for option in ("nosuid", "nodev", "noexec"):
            yield f"{target} has {option}", option in point.options or option not in options, True
        if mount["type"] == "cgroup" and point.kind == "tmpfs":  # what counts are the hierarchies in it
            point = report.mounts.get(f"{target}/memory", point)
        yield f"{target} is read-only", "ro" in point.options, "ro" in options
        if mount["type"] not in ("bind", "cgroup"):
            yield f"file system of {target}", point.kind, mount["type"]
        for option in options:
            if option.startswith("mode=") and option != "mode=1777":  # that is tmpfs's own, and not told
                yield f"{option} of {target}", option.replace("=0", "=") in point.fs_options, True


def _protected_paths(engine, report):
    for text in report.lines.get("masked", []):
        path, *content = text.split()
        yield f"content of {path}", content, []
    for path in report.lines.get("readonly", []):
        yield f"{path} is read-only", path in report.mounts and "ro" in report.mounts[path].options, True


def _devices(engine, report):
    found = dict(text.split(" ", 1) for text in report.lines.get("device", []))
    for name, numbers in DEVICES.items():
        yield f"/dev/{name}", found.get(name), f"{numbers} 666"
    links = dict(text.split(" ", 1) for text in report.lines.get("link", []) if " " in text)
    for name, target in LINKS.items():
        yield f"/dev/{name}", links.get(name, "").replace("/dev/", ""), target
    if "CAP_MKNOD" in engine.process["capabilities"].get("effective", []):
        yield "opening a device that the file forbids", \
            [text.rpartition(": ")[2] for text in report.lines.get("forbidden", [])], ["Operation not permitted"]


def _namespaces(engine, report):
    wanted = {entry["type"]: entry.get("path") for entry in engine.linux["namespaces"]}
    for kind, name in linux.NAMESPACES.items():
        own, found = linux.namespace("self", kind), report.facts["namespaces"][name]
        if wanted.get(kind):
            yield f"{kind} namespace", found, os.stat(wanted[kind]).st_ino
        else:
            yield f"{kind} namespace is new", found != own, kind in wanted


def _cgroups(engine, report):
    path = engine.linux.get("cgroupsPath")
    lines = [line.split(":", 2) for line in report.facts["cgroup"]]
    for point, version, controllers in cgroup.hierarchies():
        if version == 1 and ("memory" in controllers or "pids" in controllers):
            found = next(where for _, names, where in lines if controllers[0] in names.split(","))
        elif version == 2 and not point.endswith("/unified"):
            found = next(where for _, names, where in lines if names == "")
        else:
            continue
        yield f"cgroup below {point}", found if path else os.path.basename(found)[:10], path or "skiff-test"
    if "/sys/fs/cgroup" in report.mounts:
        shown = report.lines["hierarchies"][0].split()
        v2 = any(version == 2 and point == "/sys/fs/cgroup" for point, version, _ in cgroup.hierarchies())
        yield "hierarchies in /sys/fs/cgroup", "cgroup.procs" in shown if v2 else "memory" in shown, True
