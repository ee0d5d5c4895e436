"""What CRI-O's crio.conf(5) and the reference of Kubernetes' API document, of what the files in contrib/engines/ use.

A shape is a type; {name: shape} for fields, of which those named with a "!" must be there; {str: shape} for names that
are free; or [shape] for a list.
"""

import re


class Quantity(str):
    """An amount of a resource."""


RUNTIME = {"runtime_path!": str, "runtime_root": str, "runtime_type": ("oci", "vm", "pod"), "runtime_config_path": str,
           "inherit_default_runtime": bool, "privileged_without_host_devices": bool, "allowed_annotations": [str],
           "container_min_memory": str, "platform_runtime_paths": {str: str}, "no_sync_log": bool,
           "default_annotations": {str: str}, "stream_websockets": bool, "seccomp_profile": str,
           "container_create_timeout": int}
CRIO = {"crio!": {"runtime!": {
    "default_runtime": str, "cgroup_manager": ("systemd", "cgroupfs"), "conmon": str, "conmon_cgroup": str,
    "conmon_env": [str], "default_env": [str], "no_pivot": bool, "selinux": bool, "seccomp_profile": str,
    "apparmor_profile": str, "default_capabilities": [str], "default_sysctls": [str], "default_ulimits": [str],
    "hooks_dir": [str], "pids_limit": int, "log_level": str, "log_to_journald": bool, "read_only": bool,
    "namespaces_dir": str, "pinns_path": str, "enable_criu_support": bool, "drop_infra_ctr": bool,
    "runtimes!": {str: RUNTIME}}}}

METADATA = {"name!": str, "namespace": str, "labels": {str: str}, "annotations": {str: str}}
TOLERATION = {"key": str, "operator": ("Exists", "Equal", "Lt", "Gt"), "value": str,
              "effect": ("NoSchedule", "PreferNoSchedule", "NoExecute"), "tolerationSeconds": int}
RUNTIME_CLASS = {"apiVersion!": ("node.k8s.io/v1",), "kind!": ("RuntimeClass",), "metadata!": METADATA, "handler!": str,
                 "overhead": {"podFixed": {str: Quantity}},
                 "scheduling": {"nodeSelector": {str: str}, "tolerations": [TOLERATION]}}
SECCOMP = {"type!": ("Localhost", "RuntimeDefault", "Unconfined"), "localhostProfile": str}
SECURITY = {"capabilities": {"add": [str], "drop": [str]}, "privileged": bool, "runAsUser": int, "runAsGroup": int,
            "runAsNonRoot": bool, "readOnlyRootFilesystem": bool, "allowPrivilegeEscalation": bool,
            "procMount": ("Default", "Unmasked"), "seccompProfile": SECCOMP, "appArmorProfile": SECCOMP}
POD_SECURITY = {"runAsUser": int, "runAsGroup": int, "runAsNonRoot": bool, "supplementalGroups": [int], "fsGroup": int,
                "sysctls": [{"name!": str, "value!": str}], "seccompProfile": SECCOMP, "appArmorProfile": SECCOMP}
CONTAINER = {"name!": str, "image": str, "command": [str], "args": [str], "workingDir": str,
             "env": [{"name!": str, "value": str}], "imagePullPolicy": ("Always", "Never", "IfNotPresent"),
             "resources": {"limits": {str: Quantity}, "requests": {str: Quantity}}, "securityContext": SECURITY,
             "stdin": bool, "tty": bool}
POD = {"apiVersion!": ("v1",), "kind!": ("Pod",), "metadata!": METADATA,
       "spec!": {"containers!": [CONTAINER], "initContainers": [CONTAINER], "hostNetwork": bool, "hostPID": bool,
                 "hostIPC": bool, "hostUsers": bool, "hostname": str, "overhead": {str: Quantity},
                 "nodeSelector": {str: str}, "restartPolicy": ("Always", "OnFailure", "Never"),
                 "runtimeClassName": str, "securityContext": POD_SECURITY, "shareProcessNamespace": bool,
                 "terminationGracePeriodSeconds": int, "tolerations": [TOLERATION]}}


def check(value, shape, where):
    """Fails unless the value is of that shape."""
    if shape is Quantity:
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)?(m|[EPTGMk]i?|Ki)?", str(value)), f"{where}: {value!r}"
    elif isinstance(shape, tuple):
        assert value in shape, f"{where}: {value!r} is none of {shape}"
    elif isinstance(shape, list):
        check(value, list, where)
        for number, item in enumerate(value):
            check(item, shape[0], f"{where}[{number}]")
    elif isinstance(shape, dict):
        check(value, dict, where)
        check_fields(value, shape, where)
    else:
        assert type(value) is shape, f"{where}: {value!r} is no {shape.__name__}"


def check_fields(value, shape, where):
    if str in shape:
        for name, item in value.items():
            check(item, shape[str], f"{where}.{name}")
        return
    shapes = {name.rstrip("!"): item for name, item in shape.items()}
    missing = {name.rstrip("!") for name in shape if name.endswith("!")} - set(value)
    assert not missing, f"{where} lacks {missing}"
    for name, item in value.items():
        assert name in shapes, f"{where} has no field {name!r}"
        check(item, shapes[name], f"{where}.{name}")
