"""Options of create and run, and the global ones."""

import json
import os

from lib import each, linux, since


def create(bundle, *flags, globals_=(), **options):
    bundle.process["args"] = ["/bin/sleep", "100"]
    bundle.write()
    name = bundle.new_id()
    bundle.runtime.flags += list(globals_)
    bundle.runtime.ok("create", "--bundle", bundle.path, *flags, name, **options)
    return name


def test_pid_file(bundle, folder):
    name = create(bundle, "--pid-file", folder / "pid")
    assert (folder / "pid").read_text() == str(bundle.runtime.state(name)["pid"])
    assert sorted(path.name for path in folder.iterdir() if "pid" in path.name) == ["pid"]


def test_pid_file_is_relative_to_the_caller(bundle, folder):
    create(bundle, "--pid-file", "pid", cwd=folder)
    assert (folder / "pid").exists()


def test_pid_file_of_run(bundle, folder):
    bundle.run("/bin/true", flags=["--pid-file", str(folder / "pid")])
    assert (folder / "pid").read_text().isdigit()


def test_pid_file_that_cannot_be_written(bundle, folder):
    bundle.fails("no such file or directory", "/bin/true", flags=["--pid-file", str(folder / "missing/pid")])


@since(runc="never", crun="never")
def test_pid_file_comes_first(bundle, folder):
    """Who cannot be told of the container's pid has none."""
    bundle.fails("no such file or directory", "/bin/touch", "/begun", flags=["--pid-file", str(folder / "missing/pid")])
    assert not os.path.exists(f"{bundle.rootfs}/begun")


def test_pid_file_is_replaced(bundle, folder):
    (folder / "pid").write_text("a very long old text")
    name = create(bundle, "--pid-file", folder / "pid")
    assert (folder / "pid").read_text() == str(bundle.runtime.state(name)["pid"])


@each(["--bundle={}"], ["-b", "{}"], ["-b={}"], ["-bundle", "{}"], ["-bundle={}"])
def test_spelling_of_an_option(bundle, *flags):
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    bundle.runtime.ok("run", *[flag.format(bundle.path) for flag in flags[0]], "x")


def test_two_dashes_end_the_options(bundle):
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    bundle.runtime.ok("run", "--bundle", bundle.path, "--", "x")


def test_unknown_option(bundle):
    bundle.write()
    result = bundle.runtime.call("create", "--no-such-option", "--bundle", bundle.path, "x")
    assert result.status == 1 or bundle.runtime.name == "crun", result


@each("json", "text")
def test_log(bundle, folder, kind):
    bundle.write()
    bundle.runtime.flags += ["--log", str(folder / "log"), "--log-format", kind]
    bundle.runtime.call("state", "nobody")
    bundle.runtime.call("state", "nobody")
    lines = (folder / "log").read_text().splitlines()
    assert len(lines) == 2, "appended, one line a record"
    if kind == "json":
        record = json.loads(lines[0])
        assert record["level"] == "error" and record["msg"] == "container does not exist" and "T" in record["time"]
    else:
        assert 'level=error msg="container does not exist"' in lines[0] and lines[0].startswith('time="')


def test_error_is_on_stderr_and_in_the_log(bundle, folder):
    bundle.runtime.flags += ["--log", str(folder / "log"), "--log-format", "json"]
    result = bundle.runtime.call("state", "nobody")
    assert "container does not exist" in result.err


def test_nothing_on_stdout_or_stderr_of_create(bundle):
    bundle.process["args"] = ["/bin/true"]
    bundle.write()
    result = bundle.runtime.call("create", "--bundle", bundle.path, "x")
    assert (result.status, result.out, result.err) == (0, "", "")


def test_quiet_log_after_success(bundle, folder):
    create(bundle, globals_=["--log", str(folder / "log"), "--log-format", "json"])
    assert not (folder / "log").exists() or (folder / "log").read_text() == ""


def test_debug(bundle, folder):
    create(bundle, globals_=["--log", str(folder / "log"), "--log-format", "json", "--debug"])
    records = [json.loads(line) for line in (folder / "log").read_text().splitlines()]
    assert records and {record["level"] for record in records} <= {"debug", "info", "warning"}


def test_state_root_is_private(bundle):
    create(bundle)
    assert os.stat(bundle.runtime.root).st_mode & 0o077 in (0, 0o011)


def test_relative_root(bundle, folder):
    bundle.runtime.flags = ["--root", "root"]
    name = create(bundle, cwd=folder)
    bundle.runtime.flags = ["--root", bundle.runtime.root]
    assert bundle.runtime.state(name)["id"] == name


@since(runc="1.2")
def test_annotations_of_the_bundle_only(bundle):
    bundle.config["annotations"] = {"a": "b"}
    name = create(bundle)
    assert bundle.runtime.state(name)["annotations"] == {"a": "b"}


def test_created_container_is_small(bundle):
    """Until start nothing of the runtime stays in memory but what waits."""
    name = create(bundle)
    pid = bundle.runtime.state(name)["pid"]
    lines = linux.read_text(f"/proc/{pid}/status").splitlines()
    kib = int(next(line for line in lines if line.startswith("VmRSS")).split()[1])
    assert kib < 500 or bundle.runtime.name != "skiff", f"{kib} KiB"
