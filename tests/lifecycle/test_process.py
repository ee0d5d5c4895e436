"""What the program finds: arguments, environment, directory, limits."""

import os
import subprocess

from lib import each, since, skip


def test_arguments(bundle):
    assert bundle.report("", "a b", "ü\t")["args"] == ["/bin/report", "", "a b", "ü\t"]


def test_program_of_the_path(bundle):
    bundle.file("/tools/mine", "#!/bin/sh\necho mine\n", 0o755)
    bundle.process["env"] = ["PATH=/nowhere:/tools"]
    assert bundle.run("mine") == "mine"


def test_program_relative_to_the_directory(bundle):
    bundle.file("/tools/mine", "#!/bin/sh\necho mine\n", 0o755)
    bundle.process["cwd"] = "/tools"
    assert bundle.run("./mine") == "mine"


def test_path_entry_that_may_not_be_run(bundle):
    bundle.file("/first/mine", "not executable")
    bundle.file("/second/mine", "#!/bin/sh\necho second\n", 0o755)
    bundle.process["env"] = ["PATH=/first:/second"]
    assert bundle.run("mine") == "second"


def test_environment_is_exactly_the_configs(bundle):
    bundle.process["env"] = ["PATH=/bin", "ONE=1", "EMPTY=", "SPACES=a b", "HOME=/x"]
    assert sorted(bundle.report(env={"SECRET": "1"})["env"]) == sorted(bundle.process["env"])


@since(runc="1.3")
def test_last_of_duplicates_wins(bundle):
    bundle.process["env"] += ["ONE=1", "ONE=2"]
    assert [entry for entry in bundle.report()["env"] if entry.startswith("ONE=")] == ["ONE=2"]


def test_directory(bundle):
    bundle.process["cwd"] = "/tmp"
    assert bundle.report()["cwd"] == "/tmp"


def test_directory_is_made(bundle):
    bundle.process["cwd"] = "/new/below"
    assert bundle.report()["cwd"] == "/new/below"


def test_directory_in_a_volume(bundle):
    bundle.add_mount("/volume", kind="tmpfs")
    bundle.process["cwd"] = "/volume/new"
    assert bundle.report()["cwd"] == "/volume/new"


def test_directory_that_only_root_may_enter(bundle):
    os.mkdir(f"{bundle.rootfs}/closed", 0o700)
    bundle.process.update(cwd="/closed", user={"uid": 1000, "gid": 1000})
    result = bundle.try_run("/bin/echo", "fine")
    assert result.status == 0 or "permission denied" in result.err, result


def test_directory_that_only_the_user_may_enter(bundle):
    os.mkdir(f"{bundle.rootfs}/closed", 0o700)
    os.chown(f"{bundle.rootfs}/closed", 1000, 1000)
    bundle.process.update(cwd="/closed", user={"uid": 1000, "gid": 1000})
    bundle.process["capabilities"] = {}
    assert bundle.run("/bin/pwd") == "/closed"


def test_directory_is_a_file(bundle):
    bundle.process["cwd"] = "/etc/passwd"
    bundle.fails("not a directory", "/bin/true")


def test_rlimits(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "hard": 512, "soft": 256},
                                 {"type": "RLIMIT_CORE", "hard": 0, "soft": 0},
                                 {"type": "RLIMIT_FSIZE", "hard": 1 << 33, "soft": 1 << 32}]
    limits = bundle.report()["rlimits"]
    assert limits["RLIMIT_NOFILE"] == [256, 512]
    assert limits["RLIMIT_CORE"] == [0, 0]
    assert limits["RLIMIT_FSIZE"] == [1 << 32, 1 << 33]


def test_unlimited(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_CPU", "hard": (1 << 64) - 1, "soft": (1 << 64) - 1}]
    assert bundle.report()["rlimits"]["RLIMIT_CPU"] == [(1 << 64) - 1] * 2


def test_unknown_rlimit(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOSUCH", "hard": 1, "soft": 1}]
    bundle.fails("wrong rlimit value: RLIMIT_NOSUCH", "/bin/true")


@since(runc="1.2", crun="never")
def test_rlimit_twice(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "hard": 1, "soft": 1}] * 2
    bundle.fails("", "/bin/true")


@each(True, False)
def test_no_new_privileges(bundle, value):
    bundle.process["noNewPrivileges"] = value
    assert bundle.report()["status"]["NoNewPrivs"] == str(int(value))


def test_oom_score(bundle):
    bundle.process["oomScoreAdj"] = 321
    assert bundle.report()["oom_score_adj"] == 321


def test_oom_score_is_the_callers_by_default(bundle):
    with open("/proc/self/oom_score_adj", encoding="ascii") as file:
        assert bundle.report()["oom_score_adj"] == int(file.read())


def test_session(bundle):
    seen = bundle.report()
    assert seen["pid"] == seen["sid"] == seen["pgid"] == 1


def test_parent_is_outside(bundle):
    assert bundle.report()["ppid"] == 0


def test_affinity_is_all_of_the_cpuset(bundle):
    everything = sorted(os.sched_getaffinity(0))
    if len(everything) < 2:
        skip("one CPU only")
    os.sched_setaffinity(0, everything[:1])
    seen = bundle.report()["affinity"]
    assert seen == everything or bundle.runtime.name != "skiff"


@since(runc="1.2", crun="1.9")
@each(("SCHED_BATCH", 3), ("SCHED_IDLE", 5), ("SCHED_OTHER", 0))
def test_scheduler(bundle, policy, number):
    bundle.process["scheduler"] = {"policy": policy, "nice": 5} if policy != "SCHED_IDLE" else {"policy": policy}
    seen = bundle.report()
    assert seen["policy"] == number
    assert seen["nice"] == (0 if policy == "SCHED_IDLE" else 5)


@since(runc="1.2", crun="never")
@each(({"policy": "SCHED_NOSUCH"}, "invalid scheduler policy: SCHED_NOSUCH"),
      ({"policy": "SCHED_OTHER", "nice": 30}, "invalid scheduler.nice: 30 when scheduler.policy is SCHED_OTHER"),
      ({"policy": "SCHED_OTHER", "priority": 1},
       "scheduler.priority can only be specified for SchedFIFO or SchedRR policy"))
def test_bad_scheduler(bundle, scheduler, text):
    bundle.process["scheduler"] = scheduler
    bundle.fails(text, "/bin/true")


@since(runc="1.2", crun="never")
@each(("IOPRIO_CLASS_BE", 4, 2 << 13 | 4), ("IOPRIO_CLASS_IDLE", 0, 3 << 13))
def test_io_priority(bundle, kind, priority, number):
    bundle.process["ioPriority"] = {"class": kind, "priority": priority}
    assert bundle.report()["io_priority"] == number


@since(runc="1.2", crun="never")
def test_bad_io_priority(bundle):
    bundle.process["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 9}
    bundle.fails("invalid ioPriority.Priority: 9", "/bin/true")


@since(runc="1.2")
@each(("LINUX32", "i686"), ("LINUX", "x86_64"))
def test_personality(bundle, domain, machine):
    if os.uname().machine != "x86_64":
        skip("x86-64 only")
    if subprocess.run(["setarch", "linux32", "uname", "-m"], stdout=subprocess.PIPE, check=True).stdout != b"i686\n":
        skip("this kernel (user-mode Linux?) shows no other machine under LINUX32")
    bundle.linux["personality"] = {"domain": domain}
    assert bundle.report()["machine"] == machine


def test_exe_is_the_program(bundle):
    assert bundle.report()["exe"] == "/bin/report"


def test_dumpable(bundle):
    assert bundle.report()["dumpable"] == 1


def test_new_session_keyring(bundle):
    first, second = bundle.report()["keyring"], bundle.report()["keyring"]
    assert first > 0 and first != second


def test_no_new_keyring(bundle):
    first = bundle.report(flags=["--no-new-keyring"])["keyring"]
    assert first == bundle.report(flags=["--no-new-keyring"])["keyring"]


@since(runc="1.2", crun="never")
@each(("#!/no/such/interpreter\n", "no such file or directory"), ("neither script nor program", "exec format error"))
def test_program_that_only_execve_can_judge(bundle, text, reason):
    """As with runc that is between the program and its caller, and nothing for the log."""
    bundle.file("/run.sh", text, 0o755)
    result = bundle.try_run("/run.sh")
    assert result.status == 255 and result.err == f"exec /run.sh: {reason}\n", result
