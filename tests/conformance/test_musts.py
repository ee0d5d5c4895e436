"""What the specification's text demands of a runtime, by section. MUSTS names the tests that show each demand; those of
them that no other file has are below. The suite's run looks that every one of them exists."""

import os

from lib import cgroup, each, linux
from lib.container import wait_until

# (document, section, what must be, tests as in fields.py)
MUSTS = [
    ("runtime.md", "State", "id is unique", "bad_input.test_existing_id"),
    ("runtime.md", "State", "members and status", "state.test_members musts.test_status_over_the_life"),
    ("runtime.md", "Lifecycle", "1, 2: environment is made by create, the program not run",
     "life.test_program_waits_for_start musts.test_environment_is_there_before_the_program"),
    ("runtime.md", "Lifecycle", "2: an environment that cannot be made is an error", "mounts.test_unknown_file_system"),
    ("runtime.md", "Lifecycle", "2: updates of config.json have no effect", "life.test_config_is_read_only_once"),
    ("runtime.md", "Lifecycle", "3 to 9, 13: hooks at their time and in order",
     "hooks.test_order hooks.test_order_of_run"),
    ("runtime.md", "Lifecycle", "3 to 5: failure stops the container, then poststop",
     "hooks.test_failure_before_start_stops_the_container hooks.test_poststop_after_a_failed_create"),
    ("runtime.md", "Lifecycle", "7: failure of startContainer", "hooks.test_failing_start_container_after_create"),
    ("runtime.md", "Lifecycle", "8: the program is run", "life.test_create_start_kill_delete"),
    ("runtime.md", "Lifecycle", "9: failure of poststart", "hooks.test_failing_poststart_after_create"),
    ("runtime.md", "Lifecycle", "12: destroyed by undoing create", "musts.test_delete_undoes_create"),
    ("runtime.md", "Lifecycle", "13: failure of poststop is a warning", "hooks.test_failing_poststop_only_warns"),
    ("runtime.md", "Errors", "the environment is as if never attempted", "musts.test_error_leaves_nothing"),
    ("runtime.md", "Warnings", "the operation goes on", "capabilities.test_unknown_one_is_ignored"),
    ("runtime.md", "Query State", "needs an id, of a container that exists",
     "bad_input.test_unknown_container[state] musts.test_commands_need_an_id[state]"),
    ("runtime.md", "Create", "needs a bundle and an id",
     "bad_input.test_missing_bundle musts.test_commands_need_an_id[create]"),
    ("runtime.md", "Create", "an id that is taken or invalid makes nothing",
     "bad_input.test_existing_id bad_input.test_invalid_id"),
    ("runtime.md", "Create", "all but process is applied", "musts.test_environment_is_there_before_the_program"),
    ("runtime.md", "Create", "a property that cannot be applied is an error", "musts.test_error_leaves_nothing"),
    ("runtime.md", "Start", "needs an id", "musts.test_commands_need_an_id[start]"),
    ("runtime.md", "Start", "of what is not created: error, no effect",
     "life.test_start_twice life.test_start_of_stopped musts.test_wrong_state_changes_nothing[start"),
    ("runtime.md", "Start", "error if process was not set", "bad_input.test_no_process"),
    ("runtime.md", "Kill", "needs an id", "musts.test_commands_need_an_id[kill]"),
    ("runtime.md", "Kill", "of what is neither created nor running: error, no effect",
     "exit.test_kill_of_stopped musts.test_wrong_state_changes_nothing[kill"),
    ("runtime.md", "Kill", "sends the signal", "exit.test_kill exit.test_kill_of_created"),
    ("runtime.md", "Delete", "needs an id", "musts.test_commands_need_an_id[delete]"),
    ("runtime.md", "Delete", "of what is not stopped: error, no effect", "life.test_delete_of_running"),
    ("runtime.md", "Delete", "removes what create made, and nothing else",
     "musts.test_delete_undoes_create musts.test_delete_leaves_what_was_there"),
    ("config.md", "Specification version", "SemVer", "refusals.test_version"),
    ("config.md", "Root", "a directory at path; read-only if asked for",
     "bad_input.test_missing_rootfs mounts.test_root_is_read_only"),
    ("config.md", "Mounts", "in the listed order", "mounts.test_mounts_in_the_order_of_the_config"),
    ("config.md", "Mounts", "a relative destination is relative to /", "mounts.test_relative_destination"),
    ("config.md", "Linux mount options", "each of the table",
     "mount_fields.test_every_flag_set mount_fields.test_every_flag "
     "mount_fields.test_other_words mount_fields.test_flag_of_the_file_system mount_fields.test_every_propagation"),
    ("config.md", "POSIX-platform Mounts", "both mappings or none", "mount_options.test_bad_idmap"),
    ("config.md", "Process", "consoleSize is ignored without a terminal", "musts.test_console_size_without_a_terminal"),
    ("config.md", "Process", "cwd is absolute", "bad_input.test_process"),
    ("config.md", "POSIX process", "rlimits: unknown type, match of both values, duplicates",
     "process.test_unknown_rlimit process.test_rlimits process.test_rlimit_twice"),
    ("config.md", "Linux Process", "capabilities that cannot be are warned of",
     "capabilities.test_unknown_one_is_ignored"),
    ("config.md", "Linux Process", "oomScoreAdj set, or left",
     "process.test_oom_score process.test_oom_score_is_the_callers_by_default"),
    ("config.md", "POSIX-platform Hooks", "path is absolute, timeout above zero",
     "hook_fields.test_relative_path hook_fields.test_bad_time_out"),
    ("config.md", "POSIX-platform Hooks", "namespaces of each moment", "hooks.test_namespaces "
     "hooks.test_create_container_runs_before_the_pivot hooks.test_start_container_sees_the_containers_tree"),
    ("config.md", "POSIX-platform Hooks", "state on stdin", "hooks.test_state_on_stdin"),
    ("config.md", "POSIX-platform Hooks", "after the environment, before the pivot",
     "hooks.test_mounts_are_there_for_create_runtime hooks.test_create_container_runs_before_the_pivot"),
    ("config.md", "POSIX-platform Hooks", "poststop before delete returns", "hooks.test_order"),
    ("config.md", "Annotations", "unknown ones are ignored", "musts.test_unknown_annotations"),
    ("config.md", "Extensibility", "unknown properties are ignored", "bad_input.test_unknown_fields_are_ignored"),
    ("config.md", "Valid values", "invalid ones are errors", "types.test_wrong_type_of_every_field"),
    ("config-linux.md", "Namespaces", "path: absolute, placed there, of the right type",
     "musts.test_relative_namespace_path namespaces.test_join_by_path namespaces.test_join_of_the_wrong_type"),
    ("config-linux.md", "Namespaces", "new without a path, inherited when not listed, no duplicates",
     "namespaces.test_new namespaces.test_not_asked_for_is_the_runtimes bad_input.test_namespace_twice"),
    ("config-linux.md", "Devices", "available; another file at the path is an error",
     "devices.test_extra_device musts.test_another_file_at_the_path_of_a_device"),
    ("config-linux.md", "Default Devices", "are there", "devices.test_default_device devices.test_symlink"),
    ("config-linux.md", "Network Devices", "moved, name checked or numbered, attributes kept, up",
     "net_devices.test_move net_devices.test_new_name_is_taken net_devices.test_numbered_name "
     "net_devices.test_addresses"),
    ("config-linux.md", "Cgroups Path", "absolute: relative to the mount point; the same path, the same place",
     "cgroups.test_path_of_the_config"),
    ("config-linux.md", "Cgroup ownership", "missing files of the kernel are no error", "users.test_mappings"),
    ("config-linux.md", "Allowed Device list", "entries in the listed order", "cgroups.test_devices_are_denied"),
    ("config-linux.md", "Memory", "checkBeforeUpdate", "cgroup_fields.test_check_before_update"),
    ("config-linux.md", "Unified", "controllers enabled, unknown names written, absent controllers an error",
     "cgroup_fields.test_unified cgroup_fields.test_bad_unified"),
    ("config-linux.md", "IntelRdt", "tasks; error without resctrl; nothing touched when not set",
     "resctrl.test_schemata resctrl.test_no_resctrl resctrl.test_nothing_is_touched_when_not_asked_for"),
    ("config-linux.md", "IntelRdt", "order of the schemata; no newlines; the prefix MB:",
     "resctrl.test_all_schemata_together resctrl.test_line_with_a_newline resctrl.test_bad_bandwidth"),
    ("config-linux.md", "IntelRdt", "closID: made, compared, or looked for; / is the root",
     "resctrl.test_group_of_a_name resctrl.test_group_that_exists_with_other_schemata resctrl.test_missing_group "
     "resctrl.test_root_group"),
    ("config-linux.md", "IntelRdt", "removed only if it is the container's own; monitoring group",
     "resctrl.test_group_goes_with_the_container resctrl.test_group_that_exists resctrl.test_monitoring"),
    ("config-linux.md", "Seccomp", "errno only where the action has one; names not empty",
     "musts.test_errno_for_another_action seccomp_fields.test_no_names"),
    ("config-linux.md", "Seccomp", "listener: one state a connection, error if it fails, metadata only with it",
     "seccomp_notify.test_listener_gets_state_and_descriptor seccomp_notify.test_no_listener "
     "musts.test_metadata_without_a_listener"),
    ("config-linux.md", "Masked Paths", "not readable", "masks.test_masked_file_is_empty"),
    ("config-linux.md", "Readonly Paths", "not writable", "masks.test_readonly_file"),
]


def test_status_over_the_life(bundle):
    container = bundle.create("/bin/sh", "-c", "trap 'exit 0' TERM; echo ready; while :; do sleep 0.02; done")
    assert container.status == "created"
    container.start()
    container.wait_for("ready")
    assert container.status == "running"
    container.kill("TERM")
    container.reap()
    assert container.status == "stopped"
    container.delete()
    bundle.runtime.fails("container does not exist", "state", container.id)


def test_environment_is_there_before_the_program(bundle):
    """Mounts, namespaces, names and limits, while the program has not begun."""
    bundle.add_mount("/data", kind="tmpfs", options=["size=64k"])
    bundle.resources["pids"] = {"limit": 33}
    container = bundle.create("/bin/touch", "/ran")
    assert "/data" in [point.target for point in container.mounts()]
    assert container.namespace("uts") != linux.namespace("self", "uts")
    if cgroup.has("pids"):
        assert container.limit("pids", "pids.max", "pids.max") == "33"
    assert not os.path.exists(f"{bundle.rootfs}/ran")


def things_around(bundle):
    """What a container could leave: mounts, cgroups, state, namespaces' processes, files of the root."""
    mounts = [point.target for point in linux.mounts() if "/.launchpad" not in point.target]
    return (mounts, cgroup.find(os.environ["SKIFF_TEST_ID"]), bundle.runtime.ids(),
            [pid for pid in linux.descendants(os.getpid()) if linux.is_alive(pid)])


@each({"hostname": 5}, {"linux": {"sysctl": {"net.ipv4.no_such_thing": "1"}}}, {"process": {"cwd": "/etc/passwd"}},
      {"linux": {"resources": {"cpu": {"period": 5}}}}, {"hooks": {"createRuntime": [{"path": "/bin/false"}]}},
      {"process": {"args": ["/no/such/program"]}})
def test_error_leaves_nothing(bundle, change):
    before = things_around(bundle)

    def merge(into, more):
        for name, value in more.items():
            if isinstance(value, dict) and name in into:
                merge(into[name], value)
            else:
                into[name] = value
    merge(bundle.config, change)
    bundle.fails("")
    assert things_around(bundle) == before


def test_delete_undoes_create(bundle):
    bundle.add_mount("/data", kind="tmpfs")
    before = things_around(bundle)
    container = bundle.start("/bin/sleep", "100")
    container.kill("KILL")
    container.reap()
    container.delete()
    assert things_around(bundle) == before


def test_delete_leaves_what_was_there(bundle, folder):
    """A bound directory, what the program wrote into it, and a cgroup above the container's."""
    (folder / "data").mkdir()
    bundle.add_mount("/data", folder / "data", options=["bind"])
    container = bundle.create("/bin/touch", "/data/written")
    parent = os.path.dirname(container.cgroup("pids")) if cgroup.has("pids") else "/"
    container.start()
    container.reap()
    container.delete()
    assert (folder / "data/written").exists() and os.path.isdir(parent) and os.path.isdir(bundle.rootfs)


@each("state", "create", "start", "kill", "delete")
def test_commands_need_an_id(bundle, command):
    bundle.write()
    result = bundle.runtime.call(command, cwd=bundle.path)
    assert result.status == 1 and "requires" in result.error, result
    assert bundle.runtime.ids() == []


@each(("start", "running"), ("start", "stopped"), ("kill", "stopped"), ("delete", "running"))
def test_wrong_state_changes_nothing(bundle, command, status):
    container = bundle.start("/bin/sleep", "100" if status == "running" else "0")
    if status == "stopped":
        container.reap()
    wait_until(lambda: container.status == status)
    before = container.state()
    assert bundle.runtime.call(command, container.id).status == 1
    assert container.state() == before


def test_console_size_without_a_terminal(bundle):
    bundle.process["consoleSize"] = {"height": 33, "width": 77}
    assert bundle.report()["terminal"] is None


def test_unknown_annotations(bundle):
    bundle.config["annotations"] = {"org.opencontainers.image.future": "x", "com.example.any": "",
                                    "run.oci.nosuch": "1"}
    container = bundle.create()
    assert container.state()["annotations"] == bundle.config["annotations"]


def test_relative_namespace_path(bundle):
    bundle.set_namespace("network", "proc/self/ns/net")
    bundle.fails("expected an absolute path", "/bin/true")


@each({"type": "c", "major": 1, "minor": 7}, {"type": "b", "major": 7, "minor": 99})
def test_another_file_at_the_path_of_a_device(bundle, device):
    bundle.file("/dev/mine", "a file")
    bundle.drop_mounts("/dev")
    bundle.linux["devices"] = [{"path": "/dev/mine", "fileMode": 0o600} | device]
    bundle.fails("mknod /dev/mine: another file is there: file exists", "/bin/true")


def test_the_same_device_is_there_already(bundle):
    bundle.drop_mounts("/dev")
    bundle.linux["devices"] = [{"path": "/dev/mine", "type": "c", "major": 1, "minor": 5}]
    bundle.run("/bin/true")
    assert bundle.run("/bin/stat", "-c", "%t:%T", "/dev/mine") == "1:5"


@each({"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 5},
      {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW", "errnoRet": 5}]})
def test_errno_for_another_action(bundle, seccomp):
    bundle.linux["seccomp"] = seccomp
    bundle.fails("the action SCMP_ACT_ALLOW does not support an errno", "/bin/true")


def test_metadata_without_a_listener(bundle):
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "text"}
    bundle.fails("linux.seccomp.listenerMetadata: expected only together with listenerPath", "/bin/true")
