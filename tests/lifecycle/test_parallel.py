"""Many containers at once."""

from concurrent.futures import ThreadPoolExecutor

from lib import cgroup, limit
from lib.container import Container


@limit(180)
def test_hundred_cycles_twenty_at_a_time(bundle):
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()

    def cycle(_):
        container = Container(bundle, bundle.new_id(), (), {})
        container.start()
        container.kill("KILL")
        assert container.reap() == 137
        container.delete()
        return container.id

    with ThreadPoolExecutor(20) as pool:
        ids = list(pool.map(cycle, range(100)))
    assert len(set(ids)) == 100
    assert bundle.runtime.ids() == []
    assert [path for name in ids for path in cgroup.find(f"{name}")] == []


@limit(60)
def test_one_id_for_many(bundle):
    """Of several creates with the same id one succeeds."""
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    name = bundle.new_id()
    creating = [bundle.runtime.popen("create", "--bundle", bundle.path, name, stdin=-3, stdout=-3, stderr=-3)
                for _ in range(8)]
    statuses = sorted(process.wait(20) for process in creating)
    assert statuses == [0] + [1] * 7
    assert bundle.runtime.state(name)["status"] == "created"


@limit(60)
def test_one_start_for_many(bundle):
    container = bundle.create("/bin/sleep", "100")
    starting = [bundle.runtime.popen("start", container.id, stdin=-3, stdout=-3, stderr=-3) for _ in range(8)]
    statuses = sorted(process.wait(20) for process in starting)
    assert statuses == [0] + [1] * 7
    assert container.status == "running"
