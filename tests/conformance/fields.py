"""The table: every leaf field of config.json that the specification's schema defines for Linux, and its tests.

`observed` names tests that start a container and see the field's effect; `refused` those that see it refused when it is
wrong (its wrong type is tested for all fields in test_types.py). A reference is MODULE.test_NAME or, for one case of a
test with @each, MODULE.test_NAME[LABEL]; modules are those of this folder, of lifecycle/ and of guest/.
"""

import dataclasses
import pathlib

EFFECT, REFUSED = "effect", "refused"

HOOKS = ("createContainer", "createRuntime", "poststart", "poststop", "prestart", "startContainer")
THROTTLES = ("throttleReadBpsDevice", "throttleReadIOPSDevice", "throttleWriteBpsDevice", "throttleWriteIOPSDevice")

# (field, tests that observe it, tests that see it refused)
TABLE = [
    ("/annotations", "state.test_members", ""),
    ("/domainname", "namespaces.test_domainname", "bad_input.test_name_without_uts_namespace[domainname]"),
    ("/hostname", "namespaces.test_hostname", "bad_input.test_name_without_uts_namespace[hostname]"),
    ("/linux/cgroupsPath", "cgroups.test_path_of_the_config", "cgroup_fields.test_bad_path"),
    ("/linux/devices[]/fileMode", "devices.test_extra_device devices.test_mode_is_not_cut_by_the_umask", ""),
    ("/linux/devices[]/gid", "devices.test_extra_device", ""),
    ("/linux/devices[]/major", "devices.test_extra_device", ""),
    ("/linux/devices[]/minor", "devices.test_extra_device", ""),
    ("/linux/devices[]/path", "devices.test_extra_device_in_a_new_directory", "refusals.test_device_path"),
    ("/linux/devices[]/type", "devices.test_type", "devices.test_unknown_type"),
    ("/linux/devices[]/uid", "devices.test_extra_device", ""),
    ("/linux/gidMappings[]/containerID", "users.test_several_mappings users.test_mappings",
     "refusals.test_mapping_without_root[gid]"),
    ("/linux/gidMappings[]/hostID", "users.test_mappings", "refusals.test_mapping_range[gid]"),
    ("/linux/gidMappings[]/size", "users.test_mappings", "refusals.test_mapping_of_size_0[gid]"),
    ("/linux/intelRdt/closID", "resctrl.test_group_of_a_name resctrl.test_group_that_exists",
     "resctrl.test_bad_name resctrl.test_missing_group"),
    ("/linux/intelRdt/enableMonitoring", "resctrl.test_monitoring", "resctrl.test_no_resctrl"),
    ("/linux/intelRdt/l3CacheSchema", "resctrl.test_schemata[l3CacheSchema]", "resctrl.test_no_resctrl"),
    ("/linux/intelRdt/memBwSchema", "resctrl.test_schemata[memBwSchema]", "resctrl.test_bad_bandwidth"),
    ("/linux/intelRdt/schemata[]", "resctrl.test_schemata[schemata]", "resctrl.test_no_resctrl"),
    ("/linux/maskedPaths[]", "masks.test_masked_file_is_empty masks.test_masked_directory_is_empty_and_read_only",
     "bad_input.test_masks_without_mount_namespace"),
    ("/linux/memoryPolicy/flags[]", "scheduling.test_memory_policy_flags", "scheduling.test_bad_memory_policy"),
    ("/linux/memoryPolicy/mode", "scheduling.test_memory_policy", "scheduling.test_bad_memory_policy"),
    ("/linux/memoryPolicy/nodes", "scheduling.test_memory_policy", "scheduling.test_bad_memory_policy"),
    ("/linux/mountLabel", "mount_fields.test_mount_label !", "mount_fields.test_mount_label"),
    ("/linux/namespaces[]/path", "namespaces.test_join_by_path", "namespaces.test_join_a_missing_path"),
    ("/linux/namespaces[]/type", "namespaces.test_new namespaces.test_time_without_offsets users.test_mappings",
     "bad_input.test_unknown_namespace"),
    ("/linux/netDevices", "net_devices.test_move net_devices.test_rename net_devices.test_addresses",
     "net_devices.test_missing net_devices.test_bad_name net_devices.test_without_namespace"),
    ("/linux/personality/domain", "process.test_personality", "scheduling.test_bad_personality"),
    ("/linux/personality/flags[]", "scheduling.test_personality_flags", ""),
    ("/linux/readonlyPaths[]", "masks.test_readonly_directory masks.test_readonly_file",
     "refusals.test_readonly_path_without_mount_namespace"),
    ("/linux/resources/blockIO/leafWeight", "cgroup_fields.test_leaf_weight !", "cgroup_fields.test_leaf_weight"),
    ("/linux/resources/blockIO/weight", "cgroup_fields.test_io_weight", "cgroup_fields.test_bad_io_weight"),
    ("/linux/resources/blockIO/weightDevice[]/leafWeight", "cgroup_fields.test_leaf_weight !",
     "cgroup_fields.test_leaf_weight"),
    ("/linux/resources/blockIO/weightDevice[]/major", "cgroup_fields.test_io_weight_of_a_device",
     "cgroup_fields.test_bad_io_device[weightDevice]"),
    ("/linux/resources/blockIO/weightDevice[]/minor", "cgroup_fields.test_io_weight_of_a_device",
     "cgroup_fields.test_bad_io_device[weightDevice]"),
    ("/linux/resources/blockIO/weightDevice[]/weight", "cgroup_fields.test_io_weight_of_a_device", ""),
    ("/linux/resources/cpu/burst", "cgroup_fields.test_burst", "cgroup_fields.test_bad_cpu[burst]"),
    ("/linux/resources/cpu/cpus", "cgroups.test_cpuset", "cgroups.test_bad_value"),
    ("/linux/resources/cpu/idle", "cgroup_fields.test_idle", "cgroup_fields.test_bad_cpu[idle]"),
    ("/linux/resources/cpu/mems", "cgroups.test_cpuset", "cgroup_fields.test_bad_cpu[mems]"),
    ("/linux/resources/cpu/period", "cgroups.test_cpu_quota", "cgroup_fields.test_bad_cpu[period]"),
    ("/linux/resources/cpu/quota", "cgroups.test_cpu_quota", "cgroup_fields.test_bad_cpu[quota]"),
    ("/linux/resources/cpu/realtimePeriod", "cgroup_fields.test_realtime", "cgroup_fields.test_bad_realtime"),
    ("/linux/resources/cpu/realtimeRuntime", "cgroup_fields.test_realtime", "cgroup_fields.test_bad_realtime"),
    ("/linux/resources/cpu/shares", "cgroups.test_cpu_shares", "cgroup_fields.test_bad_cpu[shares]"),
    ("/linux/resources/devices[]/access", "cgroups.test_device_that_a_rule_allows",
     "refusals.test_device_rule[access]"),
    ("/linux/resources/devices[]/allow", "cgroups.test_devices_are_denied cgroups.test_all_devices_allowed", ""),
    ("/linux/resources/devices[]/major", "cgroups.test_device_that_a_rule_allows", ""),
    ("/linux/resources/devices[]/minor", "cgroups.test_device_that_a_rule_allows", ""),
    ("/linux/resources/devices[]/type", "cgroup_fields.test_type_of_a_device_rule", "refusals.test_device_rule[type]"),
    ("/linux/resources/hugepageLimits[]/limit", "cgroup_fields.test_huge_pages", ""),
    ("/linux/resources/hugepageLimits[]/pageSize", "cgroup_fields.test_huge_pages",
     "cgroup_fields.test_unknown_page_size"),
    ("/linux/resources/memory/checkBeforeUpdate", "cgroup_fields.test_check_before_update",
     "cgroup_fields.test_check_before_update"),
    ("/linux/resources/memory/disableOOMKiller", "cgroup_fields.test_oom_killer", ""),
    ("/linux/resources/memory/kernel", "cgroup_fields.test_kernel_memory[kernel] !",
     "cgroup_fields.test_kernel_memory[kernel]"),
    ("/linux/resources/memory/kernelTCP", "cgroup_fields.test_kernel_memory[kernelTCP]", ""),
    ("/linux/resources/memory/limit", "cgroups.test_memory cgroups.test_memory_by_effect",
     "cgroup_fields.test_bad_memory[limit]"),
    ("/linux/resources/memory/reservation", "cgroups.test_memory", ""),
    ("/linux/resources/memory/swap", "cgroups.test_swap", "cgroup_fields.test_bad_memory[swap]"),
    ("/linux/resources/memory/swappiness", "cgroups.test_swappiness", "cgroup_fields.test_bad_memory[swappiness]"),
    ("/linux/resources/memory/useHierarchy", "cgroup_fields.test_hierarchy", "cgroup_fields.test_no_hierarchy"),
    ("/linux/resources/network/classID", "cgroup_fields.test_network_class", "cgroup_fields.test_no_network_class"),
    ("/linux/resources/network/priorities[]/name", "cgroup_fields.test_network_priorities",
     "cgroup_fields.test_priority_of_an_unknown_interface"),
    ("/linux/resources/network/priorities[]/priority", "cgroup_fields.test_network_priorities", ""),
    ("/linux/resources/pids/limit", "cgroups.test_pids cgroups.test_pids_by_effect", ""),
    ("/linux/resources/rdma", "cgroup_fields.test_rdma !", "cgroup_fields.test_rdma"),
    ("/linux/resources/unified", "cgroup_fields.test_unified", "cgroup_fields.test_bad_unified"),
    ("/linux/rootfsPropagation", "mounts.test_rootfs_propagation", "bad_input.test_unknown_propagation"),
    ("/linux/seccomp/architectures[]", "seccomp_fields.test_architectures", "seccomp.test_bad_profile"),
    ("/linux/seccomp/defaultAction", "seccomp.test_allow seccomp_fields.test_default_action",
     "seccomp.test_bad_profile seccomp_notify.test_notify_cannot_be_the_default"),
    ("/linux/seccomp/defaultErrnoRet", "seccomp_fields.test_default_action", ""),
    ("/linux/seccomp/flags[]", "seccomp_fields.test_flags", "seccomp.test_unknown_flag"),
    ("/linux/seccomp/listenerMetadata", "seccomp_notify.test_listener_gets_state_and_descriptor", ""),
    ("/linux/seccomp/listenerPath", "seccomp_notify.test_listener_gets_state_and_descriptor",
     "seccomp_notify.test_no_listener"),
    ("/linux/seccomp/syscalls[]/action", "seccomp.test_ends_the_process seccomp.test_trace_without_a_tracer",
     "seccomp_fields.test_bad_action"),
    ("/linux/seccomp/syscalls[]/args[]/index", "seccomp.test_all_arguments_must_match",
     "seccomp_fields.test_bad_index"),
    ("/linux/seccomp/syscalls[]/args[]/op", "seccomp.test_arguments", "seccomp.test_bad_profile"),
    ("/linux/seccomp/syscalls[]/args[]/value", "seccomp.test_arguments", ""),
    ("/linux/seccomp/syscalls[]/args[]/valueTwo", "seccomp.test_arguments[SCMP_CMP_MASKED_EQ]", ""),
    ("/linux/seccomp/syscalls[]/errnoRet", "seccomp.test_errno", ""),
    ("/linux/seccomp/syscalls[]/names[]", "seccomp.test_errno seccomp.test_unknown_system_call_is_ignored",
     "seccomp_fields.test_no_names"),
    ("/linux/sysctl", "namespaces.test_sysctl", "namespaces.test_sysctl_of_the_host namespaces.test_unknown_sysctl"),
    ("/linux/timeOffsets/boottime/nanosecs", "scheduling.test_time_offset[boottime]",
     "scheduling.test_bad_time_offset"),
    ("/linux/timeOffsets/boottime/secs", "scheduling.test_time_offset[boottime]",
     "namespaces.test_offsets_without_time_namespace"),
    ("/linux/timeOffsets/monotonic/nanosecs", "scheduling.test_time_offset[monotonic]",
     "scheduling.test_bad_time_offset"),
    ("/linux/timeOffsets/monotonic/secs", "scheduling.test_time_offset[monotonic]",
     "scheduling.test_time_offset_out_of_range"),
    ("/linux/uidMappings[]/containerID", "users.test_several_mappings users.test_mappings",
     "refusals.test_mapping_without_root[uid]"),
    ("/linux/uidMappings[]/hostID", "users.test_mappings", "refusals.test_mapping_range[uid]"),
    ("/linux/uidMappings[]/size", "users.test_mappings", "refusals.test_mapping_of_size_0[uid]"),
    ("/mounts[]/destination", "mounts.test_destination_is_made mounts.test_relative_destination",
     "mounts.test_nothing_is_mounted_inside_proc"),
    ("/mounts[]/gidMappings[]/containerID", "mount_fields.test_mapped_ids", "mount_options.test_bad_idmap"),
    ("/mounts[]/gidMappings[]/hostID", "mount_fields.test_mapped_ids", "mount_options.test_bad_idmap"),
    ("/mounts[]/gidMappings[]/size", "mount_fields.test_mapped_ids", "mount_fields.test_mapping_of_size_0[gid]"),
    ("/mounts[]/options[]", "mount_options.test_flag mount_options.test_recursive_flag mount_options.test_tmpfs_option "
     "mount_fields.test_every_flag mount_options.test_tmpcopyup", "mounts.test_unknown_option_of_a_file_system"),
    ("/mounts[]/source", "mounts.test_bind_of_a_file mounts.test_bind_with_a_relative_source",
     "mounts.test_missing_source"),
    ("/mounts[]/type", "mounts.test_mounts_of_the_default_config", "mounts.test_unknown_file_system"),
    ("/mounts[]/uidMappings[]/containerID", "mount_fields.test_mapped_ids", "mount_options.test_bad_idmap"),
    ("/mounts[]/uidMappings[]/hostID", "mount_fields.test_mapped_ids", "mount_options.test_bad_idmap"),
    ("/mounts[]/uidMappings[]/size", "mount_fields.test_mapped_ids", "mount_fields.test_mapping_of_size_0[uid]"),
    ("/ociVersion", "state.test_oci_version_is_the_configs", "refusals.test_version"),
    ("/process/apparmorProfile", "labels.test_apparmor_where_there_is_none !",
     "labels.test_apparmor_where_there_is_none"),
    ("/process/args[]", "process.test_arguments", "bad_input.test_missing_executable"),
    ("/process/capabilities/ambient[]", "capability_fields.test_set[ambient]", ""),
    ("/process/capabilities/bounding[]", "capability_fields.test_set[bounding]", ""),
    ("/process/capabilities/effective[]", "capability_fields.test_set[effective]", ""),
    ("/process/capabilities/inheritable[]", "capability_fields.test_set[inheritable]", ""),
    ("/process/capabilities/permitted[]", "capability_fields.test_set[permitted]", ""),
    ("/process/consoleSize/height", "terminal.test_console_size", ""),
    ("/process/consoleSize/width", "terminal.test_console_size", ""),
    ("/process/cwd", "process.test_directory process.test_directory_is_made", "process.test_directory_is_a_file"),
    ("/process/env[]", "process.test_environment_is_exactly_the_configs", "refusals.test_env"),
    ("/process/execCPUAffinity/final", "scheduling.test_exec_affinity[final]", "scheduling.test_bad_affinity[final]"),
    ("/process/execCPUAffinity/initial", "scheduling.test_exec_affinity[initial]",
     "scheduling.test_bad_affinity[initial]"),
    ("/process/ioPriority/class", "process.test_io_priority scheduling.test_real_time_io",
     "scheduling.test_bad_io_class"),
    ("/process/ioPriority/priority", "process.test_io_priority", "process.test_bad_io_priority"),
    ("/process/noNewPrivileges", "process.test_no_new_privileges", ""),
    ("/process/oomScoreAdj", "process.test_oom_score", "refusals.test_oom_score"),
    ("/process/rlimits[]/hard", "process.test_rlimits", "refusals.test_rlimit_above_the_hard_one"),
    ("/process/rlimits[]/soft", "process.test_rlimits", "refusals.test_rlimit_above_the_hard_one"),
    ("/process/rlimits[]/type", "process.test_rlimits", "process.test_unknown_rlimit"),
    ("/process/scheduler/deadline", "scheduling.test_deadline", "scheduling.test_bad_deadline"),
    ("/process/scheduler/flags[]", "scheduling.test_scheduler_flags", "scheduling.test_bad_scheduler_flag"),
    ("/process/scheduler/nice", "process.test_scheduler",
     "process.test_bad_scheduler[{'policy': 'SCHED_OTHER', 'nice'"),
    ("/process/scheduler/period", "scheduling.test_deadline", "scheduling.test_bad_deadline"),
    ("/process/scheduler/policy", "process.test_scheduler scheduling.test_policy", "scheduling.test_unknown_policy"),
    ("/process/scheduler/priority", "scheduling.test_policy",
     "process.test_bad_scheduler[{'policy': 'SCHED_OTHER', 'prio"),
    ("/process/scheduler/runtime", "scheduling.test_deadline", "scheduling.test_bad_deadline"),
    ("/process/selinuxLabel", "labels.test_selinux_where_there_is_none !", "labels.test_selinux_where_there_is_none"),
    ("/process/terminal", "terminal.test_console_socket terminal.test_foreground",
     "bad_input.test_terminal_without_console_socket"),
    ("/process/user/additionalGids[]", "users.test_additional_groups", "refusals.test_unmapped_group"),
    ("/process/user/gid", "users.test_user_and_group", "refusals.test_unmapped_group"),
    ("/process/user/uid", "users.test_user_and_group", "users.test_unmapped_user"),
    ("/process/user/umask", "users.test_umask", ""),
    ("/root/path", "mounts.test_root_with_a_relative_and_an_absolute_path", "bad_input.test_missing_rootfs"),
    ("/root/readonly", "mounts.test_root_is_read_only", ""),
]
for moment in HOOKS:
    TABLE += [
        (f"/hooks/{moment}[]/args[]", f"hook_fields.test_members[{moment}]", ""),
        (f"/hooks/{moment}[]/env[]", f"hook_fields.test_members[{moment}]", ""),
        (f"/hooks/{moment}[]/path", f"hook_fields.test_members[{moment}]", f"hook_fields.test_relative_path[{moment}]"),
        (f"/hooks/{moment}[]/timeout", "hook_fields.test_time_out_of_poststop" if moment == "poststop"
         else f"hooks.test_time_out[{moment}]", f"hook_fields.test_bad_time_out[{moment}]"),
    ]
for name in THROTTLES:
    TABLE += [(f"/linux/resources/blockIO/{name}[]/{part}", f"cgroup_fields.test_throttle[{name}]",
               f"cgroup_fields.test_bad_io_device[{name}]" if part != "rate" else "")
              for part in ("major", "minor", "rate")]

COUNT = len(TABLE)


@dataclasses.dataclass(frozen=True)
class Row:
    field: str
    observed: tuple
    refused: tuple
    kind: str  # REFUSED: this kernel cannot do it, and the runtime says so (a "!" in the table)


def all_rows():
    """The rows, after a look that none is missing. LookupError otherwise."""
    names = [row[0] for row in TABLE]
    if len(set(names)) != len(names):
        raise LookupError("a field has two rows")
    listed = pathlib.Path(__file__).resolve().parents[2].parent / "shared/spec/linux-fields.txt"
    if listed.exists():
        missing = set(listed.read_text(encoding="ascii").split()) ^ set(names)
        if missing:
            raise LookupError(f"the specification's list and the table differ in {sorted(missing)}")
    return [Row(field, tuple(split_references(observed.replace(" !", ""))), tuple(split_references(refused)),
                REFUSED if observed.endswith("!") else EFFECT)
            for field, observed, refused in TABLE]


def split_references(text):
    """Blanks separate references, but not inside of brackets."""
    found, depth = [""], 0
    for char in text:
        depth += (char == "[") - (char == "]")
        if char == " " and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return [reference for reference in found if reference]
