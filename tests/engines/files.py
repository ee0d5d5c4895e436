"""The files and the page of contrib/engines/ where no engine runs that reads them: against what is documented."""

import hashlib
import importlib
import os
import pathlib
import re
import shutil
import time
import tomllib

import schema
from client import Client, call, shipped
from lib.runtime import TOP
from machine import keep_changes_off

FOLDER = pathlib.Path(TOP, "contrib/engines")
LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


class Engine(Client):
    """None: people's commands, on this machine."""

    packages = ("python3-yaml", "runc")

    def start(self):
        pass


def toml(name):
    return tomllib.loads((FOLDER / name).read_text("utf-8"))


def documents(name):
    return list(importlib.import_module("yaml").safe_load_all((FOLDER / name).read_text("utf-8")))


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).digest()


def refused(value, shape):
    try:
        schema.check(value, shape, "")
    except AssertionError:
        return True
    return False


def test_schema_refuses(engine):
    """The checks below see what is wrong."""
    good = {"crio": {"runtime": {"runtimes": {"a": {"runtime_path": "/a"}}}}}
    schema.check(good, schema.CRIO, "good")
    for runtime in ({}, {"runtime_path": 1}, {"runtime_path": "/a", "runtime_type": "x"},
                    {"runtime_path": "/a", "path": "/a"}, []):
        assert refused({"crio": {"runtime": {"runtimes": {"a": runtime}}}}, schema.CRIO), runtime
    assert refused("64 Mb", schema.Quantity) and refused("", schema.Quantity)
    assert not any(refused(value, schema.Quantity) for value in ("64Mi", "500m", 1, "1.5", "2Gi"))


def test_crio(engine):
    config = toml("crio/10-skiff.conf")
    schema.check(config, schema.CRIO, "crio.conf")
    runtime = config["crio"]["runtime"]
    assert runtime["default_runtime"] in runtime["runtimes"]
    for values in runtime["runtimes"].values():
        assert values.get("runtime_type", "oci") == "oci"
        assert all(os.path.isabs(values[name]) for name in ("runtime_path", "runtime_root"))


def test_runtime_class(engine):
    """Its handler is what the runtime is called in containerd's and CRI-O's files."""
    (document,) = documents("kubernetes/runtime-class.yaml")
    schema.check(document, schema.RUNTIME_CLASS, "RuntimeClass")
    handler = document["handler"]
    assert re.fullmatch(LABEL, handler) and re.fullmatch(LABEL, document["metadata"]["name"])
    assert handler in toml("crio/10-skiff.conf")["crio"]["runtime"]["runtimes"]
    for file, plugin in (("config-v2.toml", "io.containerd.grpc.v1.cri"),
                         ("config-v3.toml", "io.containerd.cri.v1.runtime")):
        containerd = toml(f"containerd/{file}")["plugins"][plugin]["containerd"]
        assert handler in containerd["runtimes"] and containerd["default_runtime_name"] == handler, file


def test_pod(engine):
    """It is what the API takes, asks for the class, and keeps to the policy "restricted" as it says."""
    (document,) = documents("kubernetes/pod.yaml")
    schema.check(document, schema.POD, "Pod")
    spec, (runtime_class,) = document["spec"], documents("kubernetes/runtime-class.yaml")
    assert spec["runtimeClassName"] == runtime_class["metadata"]["name"]
    names = [container["name"] for container in spec["containers"]]
    assert len(set(names)) == len(names) and all(re.fullmatch(LABEL, name) for name in names)
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["runAsUser"] != 0
    assert spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    for container in spec["containers"]:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False and security["capabilities"] == {"drop": ["ALL"]}


def test_nerdctl(engine):
    """The function names the runtime where nerdctl takes one."""
    fake = engine.write("bin/nerdctl", '#!/bin/sh\nfor word; do echo "<$word>"; done\n')
    os.chmod(fake, 0o755)
    for given, wanted in ((["run", "-it", "a b"], ["run", "--runtime", engine.runtime, "-it", "a b"]),
                          (["create", "image"], ["create", "--runtime", engine.runtime, "image"]),
                          (["ps", "run"], ["ps", "run"]), ([], [])):
        script = engine.write("nerdctl.sh", shipped("nerdctl/skiff.sh", engine.runtime) + 'nerdctl "$@"\n')
        out = call(["env", f"PATH={os.path.dirname(fake)}:{os.environ['PATH']}", "sh", "-eu", script, *given]).out
        assert out.splitlines() == [f"<{word}>" for word in wanted], out


def test_every_file_names_the_same_program(engine):
    for path in (path for path in FOLDER.rglob("*") if path.suffix in (".toml", ".conf", ".json", ".sh")):
        shipped(path.relative_to(FOLDER), engine.runtime)


def test_in_place_of_runc(engine):
    """The page's commands, there and back, in less than a minute."""
    page = (FOLDER / "README.md").read_text("utf-8").split("## In place of runc")[1].split("\n## ")[0]
    there, back = [line.strip() for line in page.splitlines() if line.startswith("    ")]
    for folder in ("/usr/sbin", "/usr/local/bin"):
        keep_changes_off(folder)
    shutil.copy(engine.runtime, "/usr/local/bin/skiff")
    before, begun = digest("/usr/sbin/runc"), time.monotonic()
    shell = ["sh", "-e", "-c"]
    assert call([*shell, there]).status == 0
    assert call(["/usr/sbin/runc", "--version"]).out == \
        call(["/usr/local/bin/skiff", "--version"]).out.replace("skiff version", "runc version")
    assert call([*shell, back]).status == 0
    assert digest("/usr/sbin/runc") == before
    assert time.monotonic() - begun < 60
