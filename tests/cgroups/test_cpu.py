"""CPU time and CPUs."""

import os

from lib import cgroup, each, limit, linux, since, skip
from lib.container import wait_until

VIEWS = ("hybrid", "v1", "v2")


def needs(view, layout, controller):
    view(layout)
    if not cgroup.has(controller):
        skip(f"no {controller} controller in the {layout} view of this machine")


def hold(start, wanted):
    """The container gets this share of a CPU within 10 %. Less than that can be others' doing: it has three tries."""
    for _ in range(3):
        container = start()
        assert container.reap() == 0
        found = int(container.output().split()[-1]) / 3000
        container.delete()
        assert found <= wanted * 1.1, f"{found:.3f} of a CPU instead of {wanted}"
        if found >= wanted * 0.9:
            return
    raise AssertionError(f"{found:.3f} of a CPU instead of {wanted}")


@each(*VIEWS)
def test_quota_holds(view, bundle, layout):
    needs(view, layout, "cpu")
    bundle.resources["cpu"] = {"quota": 20000, "period": 100000}
    hold(lambda: bundle.start("/bin/load", "burn", "3000"), 0.2)


@each(*VIEWS)
def test_another_quota_holds(view, bundle, layout):
    needs(view, layout, "cpu")
    bundle.resources["cpu"] = {"quota": 5000, "period": 100000}

    def start():
        container = bundle.create("/bin/load", "burn", "3000")
        bundle.runtime.ok("update", "--cpu-quota", "30000", container.id)
        container.start()
        return container

    hold(start, 0.3)


@each(*VIEWS)
def test_half_of_a_pair(view, bundle, layout):
    needs(view, layout, "cpu")
    # Whole hundredths, since systemd knows no others.
    bundle.resources["cpu"] = {"quota": 450000, "period": 1000000, "shares": 100}
    container = bundle.create()

    def now():
        if cgroup.is_v2("cpu"):
            return container.limit("cpu", "", "cpu.max").replace("max", "-1")
        return " ".join(container.limit("cpu", name, "") for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us"))

    for options, wanted in (
            (("--cpu-period", "900000"), "450000 900000"), (("--cpu-quota", "630000"), "630000 900000"),
            (("--cpu-share", "200"), "630000 900000"), (("--cpu-quota", "-1"), "-1 "),  # systemd has but one such period
            (("--cpu-quota", "1000", "--cpu-period", "1000"), "1000 1000")):
        bundle.runtime.ok("update", *options, container.id)
        assert now().startswith(wanted), (options, now())
    text = '{"cpu":{"shares":0,"quota":0,"period":0,"cpus":""}}'
    bundle.runtime.ok("update", "-r", "-", container.id, stdin=text)
    assert now() == "1000 1000"


@since(runc="1.2", crun="never")
@each(*VIEWS)
def test_idle(view, bundle, layout):
    needs(view, layout, "cpu")
    container = bundle.create()
    if not os.path.exists(f"{container.cgroup('cpu')}/cpu.idle"):
        skip("this kernel has no cpu.idle")
    for value in ("1", "0", "1"):
        bundle.runtime.ok("update", "--cpu-idle", value, container.id)
        assert container.limit("cpu", "cpu.idle", "cpu.idle") == value
    bundle.runtime.ok("update", "--cpu-period", "50000", container.id)
    result = bundle.runtime.fails("invalid argument", "update", "--cpu-idle", "2", container.id)
    assert 'failed to write "2": write /sys/fs/cgroup' in result.error and "cpu.idle: " in result.error
    assert container.limit("cpu", "cpu.idle", "cpu.idle") == "1"


@since(runc="1.2", crun="never")
@each(*VIEWS)
def test_burst(view, bundle, layout):
    needs(view, layout, "cpu")
    bundle.resources["cpu"] = {"quota": 20000, "period": 100000}
    container = bundle.create()
    bundle.runtime.ok("update", "--cpu-burst", "15000", container.id)
    assert container.limit("cpu", "cpu.cfs_burst_us", "cpu.max.burst") == "15000"
    # More than the old quota: only the new one has room for it.
    bundle.runtime.ok("update", "--cpu-burst", "40000", "--cpu-quota", "50000", container.id)
    assert container.limit("cpu", "cpu.cfs_burst_us", "cpu.max.burst") == "40000"
    bundle.runtime.ok("update", "--cpu-burst", "0", container.id)
    assert container.limit("cpu", "cpu.cfs_burst_us", "cpu.max.burst") == "0"


@each(*VIEWS)
def test_cpuset_binds(view, bundle, layout):
    needs(view, layout, "cpuset")
    last = max(os.sched_getaffinity(0))
    bundle.resources["cpu"] = {"cpus": str(last)}
    assert bundle.run("/bin/load", "cpus") == str(last)


@each(*VIEWS)
def test_cpuset_of_an_update_binds(view, bundle, layout):
    needs(view, layout, "cpuset")
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) < 2:
        skip("one CPU")
    container = bundle.start()
    bundle.runtime.ok("update", "--cpuset-cpus", str(cpus[-1]), "--cpuset-mems", "0", container.id)
    wait_until(lambda: os.sched_getaffinity(container.pid) == {cpus[-1]}, "its CPU")


@each(*VIEWS)
def test_refusal_takes_all_back(view, bundle, layout):
    needs(view, layout, "cpuset")
    bundle.resources["cpu"] = {"shares": 300, "cpus": "0"}
    bundle.resources["pids"] = {"limit": 33}
    container = bundle.create()
    before = container.limit("cpu", "cpu.shares", "cpu.weight")
    change = '{"cpu":{"shares":500,"cpus":"1000"},"pids":{"limit":44},"memory":{"limit":99999744}}'
    result = bundle.runtime.fails("cpuset.cpus: ", "update", "-r", "-", container.id, stdin=change)
    assert 'failed to write "1000": write /sys/fs/cgroup' in result.error, result
    assert container.limit("cpu", "cpu.shares", "cpu.weight") == before
    assert container.limit("cpuset", "cpuset.cpus", "cpuset.cpus") == "0"
    assert container.limit("pids", "pids.max", "pids.max") == "33"
    assert container.limit("memory", "memory.limit_in_bytes", "memory.max") in ("max", "9223372036854771712")
    # And the refused values are not remembered.
    bundle.runtime.ok("update", "--cpu-period", "100000", container.id)
    assert linux.read_text(f"{bundle.runtime.root}/{container.id}/state.json").count("1000\"") == 0


@each(*VIEWS)
def test_refused_on_create(view, bundle, layout):
    needs(view, layout, "cpuset")
    bundle.resources["cpu"] = {"shares": 300, "cpus": "1000"}
    bundle.resources["pids"] = {"limit": 33}
    bundle.fails('failed to write "1000": write /sys/fs/cgroup', "/bin/true")
    assert cgroup.find(os.environ["SKIFF_TEST_ID"]) == []
