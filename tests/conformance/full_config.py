"""A config.json in which every field of the specification has a value of its type. It is not meant to be run."""


def _id_mappings():
    return [{"containerID": 0, "hostID": 100000, "size": 65536}]


def _rate():
    return [{"major": 8, "minor": 0, "rate": 1048576}]


FULL = {
    "ociVersion": "1.3.0",
    "annotations": {"name": "value"},
    "hostname": "box",
    "domainname": "example.org",
    "root": {"path": "rootfs", "readonly": True},
    "mounts": [{"destination": "/data", "type": "bind", "source": "/data", "options": ["bind", "idmap"],
                "uidMappings": _id_mappings(), "gidMappings": _id_mappings()}],
    "process": {
        "terminal": True,
        "consoleSize": {"height": 24, "width": 80},
        "user": {"uid": 0, "gid": 0, "umask": 18, "additionalGids": [5]},
        "args": ["/bin/true"],
        "env": ["PATH=/bin"],
        "cwd": "/",
        "capabilities": {kind: ["CAP_KILL"] for kind in
                         ("bounding", "effective", "permitted", "inheritable", "ambient")},
        "rlimits": [{"type": "RLIMIT_CORE", "hard": 0, "soft": 0}],
        "noNewPrivileges": True,
        "apparmorProfile": "profile",
        "selinuxLabel": "label",
        "oomScoreAdj": 1,
        "scheduler": {"policy": "SCHED_DEADLINE", "nice": 0, "priority": 0, "flags": ["SCHED_FLAG_RECLAIM"],
                      "runtime": 1000000, "deadline": 10000000, "period": 10000000},
        "ioPriority": {"class": "IOPRIO_CLASS_BE", "priority": 4},
        "execCPUAffinity": {"initial": "0", "final": "0"},
    },
    "hooks": {moment: [{"path": "/bin/true", "args": ["true"], "env": ["A=1"], "timeout": 5}]
              for moment in ("prestart", "createRuntime", "createContainer", "startContainer", "poststart",
                             "poststop")},
    "linux": {
        "cgroupsPath": "/path",
        "devices": [{"path": "/dev/x", "type": "c", "major": 1, "minor": 3, "fileMode": 438, "uid": 0, "gid": 0}],
        "uidMappings": _id_mappings(),
        "gidMappings": _id_mappings(),
        "intelRdt": {"closID": "group", "enableMonitoring": True, "l3CacheSchema": "L3:0=f", "memBwSchema": "MB:0=20",
                     "schemata": ["L2:0=f"]},
        "maskedPaths": ["/proc/kcore"],
        "readonlyPaths": ["/proc/sys"],
        "memoryPolicy": {"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
        "mountLabel": "label",
        "namespaces": [{"type": "network", "path": "/run/netns/x"}],
        "netDevices": {"eth0": {"name": "net0"}},
        "personality": {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]},
        "rootfsPropagation": "private",
        "sysctl": {"name": "value"},
        "timeOffsets": {clock: {"secs": 1, "nanosecs": 1} for clock in ("monotonic", "boottime")},
        "seccomp": {
            "defaultAction": "SCMP_ACT_ALLOW",
            "defaultErrnoRet": 1,
            "architectures": ["SCMP_ARCH_X86_64"],
            "flags": ["SECCOMP_FILTER_FLAG_LOG"],
            "listenerPath": "/run/agent",
            "listenerMetadata": "text",
            "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1,
                          "args": [{"index": 0, "value": 1, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}]}],
        },
        "resources": {
            "blockIO": {
                "weight": 100, "leafWeight": 100,
                "weightDevice": [{"major": 8, "minor": 0, "weight": 100, "leafWeight": 100}],
                "throttleReadBpsDevice": _rate(), "throttleReadIOPSDevice": _rate(),
                "throttleWriteBpsDevice": _rate(), "throttleWriteIOPSDevice": _rate(),
            },
            "cpu": {"burst": 1000, "cpus": "0", "idle": 0, "mems": "0", "period": 100000, "quota": 50000,
                    "realtimePeriod": 1000000, "realtimeRuntime": 950000, "shares": 1024},
            "devices": [{"allow": True, "type": "c", "major": 1, "minor": 3, "access": "rwm"}],
            "hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}],
            "memory": {"checkBeforeUpdate": True, "disableOOMKiller": False, "kernel": 1, "kernelTCP": 1, "limit": 1,
                       "reservation": 1, "swap": 1, "swappiness": 1, "useHierarchy": True},
            "network": {"classID": 1, "priorities": [{"name": "lo", "priority": 1}]},
            "pids": {"limit": 1},
            "rdma": {"mlx5_0": {"hcaHandles": 1, "hcaObjects": 1}},
            "unified": {"memory.high": "1"},
        },
    },
}
