"""How the program is scheduled: policies, priorities, clocks, memory policy, personality, CPUs."""

import json
import os
import time

from lib import each, skip

NUMBERS = {"SCHED_OTHER": 0, "SCHED_FIFO": 1, "SCHED_RR": 2, "SCHED_BATCH": 3, "SCHED_IDLE": 5, "SCHED_DEADLINE": 6}
MILLISECOND = 1_000_000


def allow_real_time(bundle):
    """With RT_GROUP_SCHED a new cpu cgroup has no time for real-time programs before it is given some."""
    path = "/sys/fs/cgroup/cpu/cpu.rt_runtime_us"
    if os.path.exists(path):
        bundle.resources["cpu"] = {"realtimePeriod": 1000000, "realtimeRuntime": 10000}
    elif may_not_schedule():
        skip("this kernel has RT_GROUP_SCHED, of which version 2 cannot give any")


def may_not_schedule():
    """Whether even this process, in the cgroup that it is in, is refused SCHED_RR."""
    child = os.fork()
    if child == 0:
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] != 0


@each(("SCHED_FIFO", 7), ("SCHED_RR", 9), ("SCHED_OTHER", 0), ("SCHED_BATCH", 0), ("SCHED_IDLE", 0))
def test_policy(bundle, policy, priority):
    if priority:
        allow_real_time(bundle)
    bundle.process["scheduler"] = {"policy": policy, "priority": priority}
    seen = bundle.report()
    assert (seen["policy"], seen["priority"]) == (NUMBERS[policy], priority)


def test_deadline(bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 2 * MILLISECOND, "deadline": 20 * MILLISECOND,
                                   "period": 50 * MILLISECOND}
    bundle.drop_namespace("cgroup")
    result = bundle.try_run("/bin/report")
    if "device or resource busy" in result.err:
        skip("the kernel has no bandwidth left for SCHED_DEADLINE")
    seen = json.loads(result.out)
    assert seen["policy"] == NUMBERS["SCHED_DEADLINE"]
    assert seen["scheduler"] == {"flags": 0, "runtime": 2 * MILLISECOND, "deadline": 20 * MILLISECOND,
                                 "period": 50 * MILLISECOND}


def test_deadline_with_a_cpuset(bundle):
    if os.cpu_count() == 1:
        skip("one processor is all of them")
    bundle.process["scheduler"] = {"policy": "SCHED_DEADLINE", "runtime": 2 * MILLISECOND, "deadline": 20 * MILLISECOND,
                                   "period": 50 * MILLISECOND}
    bundle.resources["cpu"] = {"cpus": "0"}
    bundle.fails("process scheduler can't be used together with AllowedCPUs", "/bin/true")


@each(("SCHED_FLAG_RESET_ON_FORK", 1), ("SCHED_FLAG_UTIL_CLAMP_MIN", 0x20))
def test_scheduler_flags(bundle, flag, number):
    bundle.process["scheduler"] = {"policy": "SCHED_BATCH", "flags": [flag]}
    result = bundle.try_run("/bin/report")
    if number == 1:
        assert json.loads(result.out)["scheduler"]["flags"] & number, result
    else:  # a kernel without utilization clamping says so
        assert result.status == 0 or "error setting scheduler" in result.err, result


def test_unknown_policy(bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_ISO"}
    bundle.fails("error setting scheduler: invalid argument", "/bin/true")


def test_bad_scheduler_flag(bundle):
    bundle.process["scheduler"] = {"policy": "SCHED_OTHER", "flags": ["SCHED_FLAG_NOSUCH"]}
    bundle.fails("invalid scheduler flag: SCHED_FLAG_NOSUCH", "/bin/true")


@each(({"policy": "SCHED_OTHER", "runtime": 1}, "can only be specified for SchedDeadline policy"),
      ({"policy": "SCHED_DEADLINE"}, "error setting scheduler: sched_setattr: `SCHED_DEADLINE` requires `runtime`"),
      ({"policy": "SCHED_DEADLINE", "runtime": 2000}, "`SCHED_DEADLINE` requires `deadline`"),
      ({"policy": "SCHED_DEADLINE", "runtime": 0, "deadline": 2000}, "runtime must be greater than 0"),
      ({"policy": "SCHED_DEADLINE", "runtime": 3000, "deadline": 2000}, "runtime (3000) must be <= deadline (2000)"),
      ({"policy": "SCHED_DEADLINE", "runtime": 2000, "deadline": 3000, "period": 2000},
       "deadline (3000) must be <= period (2000)"),
      ({"policy": "SCHED_DEADLINE", "runtime": 1000, "deadline": 2000}, "runtime (1000) must be between 1024 and "),
      ({"policy": "SCHED_DEADLINE", "runtime": 1 << 63, "deadline": 1 << 63}, f"must be between 1024 and {2**63 - 1}"))
def test_bad_deadline(bundle, scheduler, text):
    bundle.process["scheduler"] = scheduler
    bundle.fails(text, "/bin/true")


@each(0, 3, 7)
def test_real_time_io(bundle, priority):
    bundle.process["ioPriority"] = {"class": "IOPRIO_CLASS_RT", "priority": priority}
    assert bundle.report()["io_priority"] == 1 << 13 | priority


def test_bad_io_class(bundle):
    bundle.process["ioPriority"] = {"class": "IOPRIO_CLASS_NOSUCH", "priority": 0}
    bundle.fails("IOPRIO_CLASS_NOSUCH", "/bin/true")


@each("monotonic", "boottime")
def test_time_offset(bundle, clock):
    bundle.set_namespace("time")
    bundle.linux["timeOffsets"] = {clock: {"secs": 100000, "nanosecs": 250000000}}
    seen = bundle.report()["clocks"]
    other = {"monotonic": "boottime", "boottime": "monotonic"}[clock]
    number = {"monotonic": 1, "boottime": 7}
    moved = {name: seen[name] - time.clock_gettime_ns(number[name]) for name in (clock, other)}
    assert -5_000_000_000 < moved[clock] - 100000_250000000 <= 0, moved
    assert -5_000_000_000 < moved[other] <= 0, moved


@each("monotonic", "boottime")
def test_bad_time_offset(bundle, clock):
    bundle.set_namespace("time")
    bundle.linux["timeOffsets"] = {clock: {"secs": 1, "nanosecs": 1000000000}}
    bundle.fails(f'linux.timeOffsets["{clock}"].nanosecs: expected less than a second', "/bin/true")


def test_time_offset_out_of_range(bundle):
    """A clock cannot be before the boot."""
    bundle.set_namespace("time")
    bundle.linux["timeOffsets"] = {"monotonic": {"secs": -(1 << 40)}}
    bundle.fails("failed to update /proc/self/timens_offsets for monotonic", "/bin/true")


def test_offset_of_an_unknown_clock(bundle):
    bundle.set_namespace("time")
    bundle.linux["timeOffsets"] = {"realtime": {"secs": 1}}
    bundle.fails('expected the clock "monotonic" or "boottime", found "realtime"', "/bin/true")


MODES = {"MPOL_DEFAULT": 0, "MPOL_PREFERRED": 1, "MPOL_BIND": 2, "MPOL_INTERLEAVE": 3, "MPOL_LOCAL": 4,
         "MPOL_PREFERRED_MANY": 5, "MPOL_WEIGHTED_INTERLEAVE": 6}


def needs_memory_policies():
    if not os.path.exists("/proc/self/numa_maps"):
        skip("this kernel knows no memory nodes")


@each(*MODES)
def test_memory_policy(bundle, mode):
    needs_memory_policies()
    nodes = "" if mode in ("MPOL_DEFAULT", "MPOL_LOCAL") else "0"
    bundle.linux["memoryPolicy"] = {"mode": mode, "nodes": nodes}
    assert bundle.report()["memory_policy"] == {"mode": MODES[mode], "nodes": int(bool(nodes))}


@each(("MPOL_F_STATIC_NODES", 1 << 15), ("MPOL_F_RELATIVE_NODES", 1 << 14), ("MPOL_F_NUMA_BALANCING", 1 << 13))
def test_memory_policy_flags(bundle, flag, number):
    needs_memory_policies()
    bundle.linux["memoryPolicy"] = {"mode": "MPOL_BIND", "nodes": "0", "flags": [flag]}
    assert bundle.report()["memory_policy"]["mode"] == 2 | number


@each(({"mode": "MPOL_NOSUCH", "nodes": "0"}, "MPOL_NOSUCH"),
      ({"mode": "MPOL_BIND"}, "memory policy mode requires at least one node but got 0"),
      ({"mode": "MPOL_LOCAL", "nodes": "0"}, "memory policy mode requires 0 nodes but got 1"),
      ({"mode": "MPOL_BIND", "nodes": "x"}, 'invalid memory policy nodes "x"'),
      ({"mode": "MPOL_BIND", "nodes": "1023"}, "set memory policy: invalid argument"),
      ({"mode": "MPOL_BIND", "nodes": "0", "flags": ["MPOL_F_NOSUCH"]}, 'invalid memory policy flag "MPOL_F_NOSUCH"'))
def test_bad_memory_policy(bundle, policy, text):
    if text.startswith("set memory policy"):
        needs_memory_policies()
    bundle.linux["memoryPolicy"] = policy
    bundle.fails(text, "/bin/true")


def test_personality_flags(bundle):
    """The specification names none; as runc does, the runtime says that it does nothing with them."""
    bundle.linux["personality"] = {"domain": "LINUX", "flags": ["ADDR_NO_RANDOMIZE"]}
    result = bundle.try_run("/bin/report")
    assert result.status == 0 and "personality flags are not supported" in result.err, result
    assert json.loads(result.out)["personality"] == 0


def test_bad_personality(bundle):
    bundle.linux["personality"] = {"domain": "LINUX128"}
    bundle.fails("LINUX128", "/bin/true")


@each(("initial", {"initial": "0"}), ("final", {"initial": "1", "final": "0"}))
def test_exec_affinity(bundle, _name, affinity):
    if len(os.sched_getaffinity(0)) < 2:
        skip("one CPU only")
    bundle.process["execCPUAffinity"] = affinity
    container = bundle.start()
    if "exec" not in bundle.runtime.ok("--help").split():
        skip("this build has no exec")
    seen = json.loads(bundle.runtime.ok("exec", container.id, "/bin/report"))
    assert seen["affinity"] == [0]
    assert json.loads(bundle.runtime.ok("exec", container.id, "/bin/report"))["pid"] != 1


@each(("initial", "Initial"), ("final", "Final"))
def test_bad_affinity(bundle, member, name):
    bundle.process["execCPUAffinity"] = {member: "0-x"}
    bundle.fails(f"bad CPUAffinity.{name}", "/bin/true")
