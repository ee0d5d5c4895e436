"""`features` tells the truth: what it lists is what other tests here have seen at work."""

import importlib.util
import json
import pathlib
import re

from lib import linux, skip

HERE = pathlib.Path(__file__).resolve().parent


def module(name):
    """A test file of this folder or of lifecycle/."""
    for folder in (HERE, HERE.parent / "lifecycle"):
        if (folder / f"{name}.py").exists():
            spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
            found = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(found)
            return found
    raise LookupError(name)


def cases(name, test):
    """The values that a test runs with."""
    return [value[0] if isinstance(value, tuple) else value for value in getattr(module(name), test).each]


def features(runtime):
    return json.loads(runtime.ok("features"))


def test_versions(runtime):
    seen = features(runtime)
    assert (seen["ociVersionMin"], seen["ociVersionMax"]) == ("1.0.0", "1.3.0")


def test_hooks(runtime):
    assert sorted(features(runtime)["hooks"]) == sorted(cases("test_hook_fields", "test_members"))


def test_mount_options(runtime):
    """Each word of the list is one that a test mounts with."""
    mounts, annotations = "test_mount_fields", module("test_annotations")
    sets, clears = cases(mounts, "test_every_flag_set"), cases(mounts, "test_every_flag")
    tried = {*sets, *clears, *(f"r{name}" for name in sets + clears), "bind", "rbind", "tmpcopyup", "idmap", "ridmap"}
    for test in ("test_strictatime", "test_other_words", "test_flag_of_the_file_system", "test_remount",
                 "test_every_propagation"):
        tried |= set(cases(mounts, test))
    for name in ("copy-symlink", "src-nofollow", "dest-nofollow"):
        assert name in linux.read_text(annotations.__file__)
        tried.add(name)
    assert set(features(runtime)["mountOptions"]) - tried == set()


def test_namespaces(runtime):
    assert sorted(features(runtime)["linux"]["namespaces"]) == sorted(linux.NAMESPACES)


def test_capabilities(bundle):
    """Each is one that the kernel has, and that a container can be given."""
    names = features(bundle.runtime)["linux"]["capabilities"]
    last = int(linux.read_text("/proc/sys/kernel/cap_last_cap"))
    assert len(names) == last + 1
    own = int(linux.status_field("CapBnd"), 16)
    wanted = [name for number, name in enumerate(names) if own >> number & 1]
    bundle.process["capabilities"] = {kind: wanted for kind in ("bounding", "effective", "permitted")}
    assert int(bundle.report()["status"]["CapEff"], 16) == own & (1 << len(names)) - 1


def test_seccomp(bundle):
    """Each action, operator, architecture and flag is taken in a profile."""
    seccomp = features(bundle.runtime)["linux"]["seccomp"]
    assert seccomp["enabled"]
    assert set(seccomp["operators"]) == set(cases("test_seccomp", "test_arguments"))
    actions = {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_TRACE", "SCMP_ACT_LOG", "SCMP_ACT_NOTIFY",
               *cases("test_seccomp", "test_ends_the_process")}
    assert set(seccomp["actions"]) <= actions
    assert set(seccomp["supportedFlags"]) <= set(seccomp["knownFlags"])
    assert set(seccomp["supportedFlags"]) <= set(cases("test_seccomp_fields", "test_flags")) | {
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"}
    for name in seccomp["archs"]:  # not all at once: one filter has one byte order
        bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": [name],
                                   "syscalls": [{"names": ["getpgid"], "action": "SCMP_ACT_ERRNO"}]}
        result = bundle.try_run("/bin/true")
        # Of the other byte order than the machine's it cannot be, and libseccomp says so.
        assert result.status == 0 or "error adding architecture to seccomp filter" in result.err, (name, result)
        assert result.status == 0 or not name.startswith(("SCMP_ARCH_X", "SCMP_ARCH_A")), result


def test_memory_policy(runtime):
    seen = features(runtime)["linux"]["memoryPolicy"]
    assert sorted(seen["modes"]) == sorted(cases("test_scheduling", "test_memory_policy"))
    assert sorted(seen["flags"]) == sorted(cases("test_scheduling", "test_memory_policy_flags"))


def test_switches(runtime):
    seen = features(runtime)["linux"]
    assert seen["intelRdt"] == {"enabled": True, "schemata": True, "monitoring": True}  # test_resctrl.py
    assert seen["netDevices"] == {"enabled": True}  # test_net_devices.py
    assert seen["mountExtensions"] == {"idmap": {"enabled": True}}  # test_mount_fields.py
    assert seen["cgroup"]["v1"] and seen["cgroup"]["v2"] and seen["cgroup"]["rdma"]  # test_cgroup_fields.py, guest/
    assert seen["apparmor"] == {"enabled": True} and seen["selinux"] == {"enabled": True}  # guest/


def test_unsafe_annotations(runtime):
    """Engines keep their users from these: all that the manual page has an effect of."""
    page = (HERE.parent.parent / "contrib/man/skiff.8").read_text()
    names = re.findall(r"^\.BI? ((?:run|org)\.[a-z_.]+)", page.replace("\\-", "-"), re.M)
    prefixes = tuple(features(runtime)["potentiallyUnsafeConfigAnnotations"])
    assert len(names) > 8 and [name for name in names if not name.startswith(prefixes)] == []


def test_schema(runtime):
    schema = HERE.parents[2] / "shared/spec/schema/features-schema.json"
    if not schema.exists():
        skip("the specification's schema is not beside the checkout")
    try:
        import jsonschema
    except ImportError:
        skip("no python3-jsonschema here")
    store = {}
    for file in schema.parent.glob("*.json"):
        document = json.loads(file.read_text(encoding="utf-8"))
        store[file.as_uri()] = document
        store[document.get("$id", file.name)] = document
    resolver = jsonschema.RefResolver(schema.as_uri(), json.loads(schema.read_text(encoding="utf-8")), store=store)
    jsonschema.validate(features(runtime), json.loads(schema.read_text(encoding="utf-8")), resolver=resolver)
