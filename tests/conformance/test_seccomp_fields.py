"""Members of a seccomp profile that lifecycle/ does not look at one by one."""

import os

from lib import each, skip
from lib.seccomp import profile, rule

NEEDED = """access arch_prctl brk capget capset chdir clock_gettime clone close close_range dup3 epoll_ctl epoll_pwait
    execve execveat exit exit_group fchdir fcntl fstat fstatfs futex getcwd getdents64 getegid geteuid getgid getpid
    getrandom gettid getuid ioctl lseek madvise mmap mprotect munmap nanosleep newfstatat openat poll prctl prlimit64
    read readlinkat readlink rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_yield seccomp set_robust_list
    set_tid_address setgid setgroups setuid sigaltstack statx tgkill write writev""".split()


@each(("SCMP_ACT_ERRNO", {}, -1), ("SCMP_ACT_ERRNO", {"defaultErrnoRet": 95}, -95), ("SCMP_ACT_LOG", {}, 1),
      ("SCMP_ACT_TRACE", {}, -38))
def test_default_action(bundle, action, more, value):
    # A call that is older than the profile's newest is answered by the default; getpgid is.
    bundle.linux["seccomp"] = profile({"names": NEEDED, "action": "SCMP_ACT_ALLOW"}, default=action, **more)
    assert int(bundle.run("/bin/call", "getpgid")) == value


@each("SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP")
def test_default_action_that_ends(bundle, action):
    bundle.linux["seccomp"] = profile({"names": NEEDED, "action": "SCMP_ACT_ALLOW"}, default=action)
    assert bundle.try_run("/bin/call", "getpgid").status == 128 + 31


@each((["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], "-1"), (["SCMP_ARCH_X86_64"], "bad system call"), ([], "bad system call"))
def test_architectures(bundle, architectures, result):
    """A 32-bit call is judged by the same rules if its architecture is listed, and ends the program if it is not."""
    if os.uname().machine != "x86_64":
        skip("x86-64 only")
    plain = bundle.try_run("/bin/call", "--32", "getpgid")
    if plain.status == 139 or int(plain.out) < 0:
        skip("this kernel takes no 32-bit calls")
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"), architectures=architectures)
    ended = bundle.try_run("/bin/call", "--32", "getpgid")
    seen = ended.out.strip() if ended.status == 0 else "bad system call" if ended.status == 128 + 31 else ended
    assert seen == result, ended


@each("SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW")
def test_flags(bundle, flag):
    """SPEC_ALLOW shows in the status of the process; of the others only that the kernel has taken them."""
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO"), flags=[flag])
    assert int(bundle.run("/bin/call", "getpgid")) == -1
    seen = bundle.report()["status"].get("Speculation_Store_Bypass", "")
    if "thread" in seen:
        assert ("force mitigated" not in seen) == (flag == "SECCOMP_FILTER_FLAG_SPEC_ALLOW"), seen


def test_bad_action(bundle):
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_NOSUCH"))
    bundle.fails("string SCMP_ACT_NOSUCH is not a valid action for seccomp", "/bin/true")


def test_bad_index(bundle):
    arguments = [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]
    bundle.linux["seccomp"] = profile(rule("getpgid", "SCMP_ACT_ERRNO", args=arguments))
    bundle.fails("args[0].index: expected 0 to 5, found 6", "/bin/true")


def test_no_names(bundle):
    bundle.linux["seccomp"] = profile({"names": [], "action": "SCMP_ACT_ERRNO"})
    bundle.fails("names: expected at least one system call, found none", "/bin/true")
