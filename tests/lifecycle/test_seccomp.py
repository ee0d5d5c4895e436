"""Seccomp profiles by their effect on a system call."""

import os

from lib import each, since, skip
from lib.seccomp import profile, rule

ENOSYS, EPERM = 38, 1
# What a static program needs, and the stages that peers run under the filter.
NEEDED = """access arch_prctl brk capget capset chdir clock_gettime clone close close_range dup3 epoll_ctl epoll_pwait
    execve execveat exit exit_group fchdir fcntl fstat fstatfs futex getcwd getdents64 getegid geteuid getgid getpid
    getrandom gettid getuid ioctl lseek madvise mmap mprotect munmap nanosleep newfstatat openat poll prctl prlimit64
    read readlinkat readlink rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield seccomp set_robust_list
    set_tid_address setgid setgroups setuid sigaltstack statx tgkill write writev""".split()


def call(bundle, *arguments):
    return int(bundle.run("/bin/call", *map(str, arguments)))


def test_allow(bundle):
    bundle.linux["seccomp"] = profile()
    seen = bundle.report()
    assert seen["status"]["Seccomp"] == "2"


def test_none(bundle):
    assert bundle.report()["status"]["Seccomp"] == "0"


@each(({}, EPERM), ({"errnoRet": 38}, 38), ({"errnoRet": 0}, 0))
def test_errno(bundle, more, number):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO", **more))
    assert call(bundle, "getpgid") == -number


@each("SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP")
def test_ends_the_process(bundle, action):
    bundle.linux["seccomp"] = profile(rule("getpgid", action))
    result = bundle.try_run("/bin/sh", "-c", "call getsid; call getpgid; exit $?")
    assert result.status == 128 + 31, result


def test_trace_without_a_tracer(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_TRACE"))
    assert call(bundle, "getpgid") == -ENOSYS


def test_log(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_LOG"))
    assert call(bundle, "getpgid") == 1


@each(("SCMP_CMP_EQ", 7, {}, [7], [6, 8]), ("SCMP_CMP_NE", 7, {}, [6, 8], [7]), ("SCMP_CMP_LT", 7, {}, [0, 6], [7, 8]),
      ("SCMP_CMP_LE", 7, {}, [6, 7], [8]), ("SCMP_CMP_GT", 7, {}, [8], [6, 7]), ("SCMP_CMP_GE", 7, {}, [7, 8], [6]),
      ("SCMP_CMP_MASKED_EQ", 0xf0, {"valueTwo": 0x30}, [0x31, 0x3f], [0x21, 0x40]))
def test_arguments(bundle, operator, value, more, refused, passed):
    arguments = [{"index": 1, "value": value, "op": operator} | more]
    bundle.linux["seccomp"] = profile(rule("getpriority", "SCMP_ACT_ERRNO", errnoRet=99, args=arguments))
    script = "; ".join(f"call getpriority 99 {number}" for number in refused + passed)
    results = [int(line) for line in bundle.shell(script).split()]
    assert results == [-99] * len(refused) + [-22] * len(passed)


def test_all_arguments_must_match(bundle):
    arguments = [{"index": 0, "value": 99, "op": "SCMP_CMP_EQ"}, {"index": 1, "value": 5, "op": "SCMP_CMP_EQ"}]
    bundle.linux["seccomp"] = profile(rule("getpriority", "SCMP_ACT_ERRNO", errnoRet=99, args=arguments))
    out = bundle.shell("call getpriority 99 5; call getpriority 99 6; call getpriority 98 5")
    assert out.split() == ["-99", "-22", "-22"]


def test_64_bits_of_an_argument_count(bundle):
    arguments = [{"index": 1, "value": 1 << 32 | 5, "op": "SCMP_CMP_EQ"}]
    bundle.linux["seccomp"] = profile(rule("getpriority", "SCMP_ACT_ERRNO", errnoRet=99, args=arguments))
    assert bundle.shell(f"call getpriority 99 {1 << 32 | 5}; call getpriority 99 5").split() == ["-99", "-22"]


@since(runc="1.2")
@each(({}, EPERM), ({"defaultErrnoRet": 95}, 95))
def test_everything_else_is_refused(bundle, more, number):
    bundle.linux["seccomp"] = profile({"names": NEEDED, "action": "SCMP_ACT_ALLOW"}, default="SCMP_ACT_ERRNO", **more)
    assert call(bundle, "getpgid") == -number


def test_unknown_system_call_is_ignored(bundle):
    bundle.linux["seccomp"] = profile(rule("no_such_call", "SCMP_ACT_ERRNO"), rule("getpgid", "SCMP_ACT_ERRNO"))
    assert call(bundle, "getpgid") == -EPERM


def test_architectures(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"),
                                      architectures=["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"])
    if os.uname().machine != "x86_64":
        skip("x86-64 only")
    assert call(bundle, "getpgid") == -EPERM


@since(runc="1.2")
@each([], ["SECCOMP_FILTER_FLAG_LOG"], ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"])
def test_flags(bundle, flags):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"), flags=flags)
    assert call(bundle, "getpgid") == -EPERM


@since(runc="1.2", crun="never")
def test_flags_are_told(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"),
                                      flags=["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"])
    bundle.runtime.flags.append("--debug")
    assert '"seccomp filter flags: 2"' in bundle.try_run("/bin/true").err


@each(True, False)
def test_with_and_without_new_privileges(bundle, value):
    bundle.process["noNewPrivileges"] = value
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"))
    assert call(bundle, "getpgid") == -EPERM
    assert bundle.report()["status"]["NoNewPrivs"] == str(int(value))


def test_as_a_user_without_capabilities(bundle):
    bundle.process.update(noNewPrivileges=False, user={"uid": 1000, "gid": 1000}, capabilities={})
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"))
    seen = bundle.report()
    assert seen["status"]["Seccomp"] == "2" and int(seen["status"]["CapEff"], 16) == 0


def test_second_run_of_a_profile(bundle):
    """The compiled filter may come from a cache then."""
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO", errnoRet=5))
    assert [call(bundle, "getpgid") for _ in range(3)] == [-5] * 3
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO", errnoRet=6))
    assert call(bundle, "getpgid") == -6


@since(crun="never")
@each(({"defaultAction": "SCMP_ACT_NOSUCH"}, "string SCMP_ACT_NOSUCH is not a valid action for seccomp"),
      ({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_NOSUCH"]},
       "string SCMP_ARCH_NOSUCH is not a valid arch for seccomp"),
      (profile(rule("getpgid", "SCMP_ACT_ERRNO", args=[{"index": 0, "value": 1, "op": "SCMP_CMP_NOSUCH"}])),
       "string SCMP_CMP_NOSUCH is not a valid operator for seccomp"))
def test_bad_profile(bundle, seccomp, text):
    bundle.linux["seccomp"] = seccomp
    bundle.fails(text, "/bin/true")


@since(runc="1.2")
def test_unknown_flag(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"), flags=["SECCOMP_FILTER_FLAG_NOSUCH"])
    bundle.fails("seccomp flag", "/bin/true")
