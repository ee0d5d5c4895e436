"""The shortest life of a container."""


def test_hostname(bundle):
    bundle.config["hostname"] = "x"
    assert bundle.run("hostname") == "x"


def test_report(bundle):
    seen = bundle.report("one", "two")
    assert seen["args"] == ["/bin/report", "one", "two"]
    assert seen["pid"] == 1


def test_create_start_kill_delete(bundle):
    container = bundle.create()
    assert container.status == "created"
    container.start()
    assert container.status == "running"
    container.kill()
    assert container.reap() == 7
    assert container.status == "stopped"
    container.delete()
