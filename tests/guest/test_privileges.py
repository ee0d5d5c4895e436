"""What only a root with every capability may do for its containers."""

from lib import linux

ALL = """CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
    SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
    MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE"""


def test_all_capabilities(bundle):
    everything = [f"CAP_{name}" for name in ALL.split()]
    bundle.process["capabilities"] = {kind: everything for kind in
                                      ("bounding", "effective", "permitted", "inheritable", "ambient")}
    status = bundle.report()["status"]
    assert {status[f"Cap{kind}"] for kind in ("Bnd", "Eff", "Prm", "Inh", "Amb")} == {f"{(1 << 41) - 1:016x}"}


def test_rlimit_above_the_hard_limit(bundle):
    own = int(linux.read_text("/proc/self/limits").split("Max open files")[1].split()[1])
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": own + 1000, "hard": own + 2000}]
    assert bundle.report()["rlimits"]["RLIMIT_NOFILE"] == [own + 1000, own + 2000]


def test_negative_oom_score(bundle):
    bundle.process["oomScoreAdj"] = -500
    assert bundle.report()["oom_score_adj"] == -500


def test_real_time_scheduling_rlimits(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_RTPRIO", "soft": 10, "hard": 20},
                                 {"type": "RLIMIT_NICE", "soft": 30, "hard": 40}]
    rlimits = bundle.report()["rlimits"]
    assert rlimits["RLIMIT_RTPRIO"] == [10, 20] and rlimits["RLIMIT_NICE"] == [30, 40]
