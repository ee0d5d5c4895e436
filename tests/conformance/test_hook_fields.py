"""The members of a hook, for each of the six moments."""

import time

from lib import each, linux

MOMENTS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")


@each(*MOMENTS)
def test_members(bundle, moment):
    """path is what is executed, args what it finds with args[0] first, env all of its environment."""
    log = bundle.file("/log", mode=0o666)
    inside = "/log" if moment == "startContainer" else log
    # /proc may be another pid namespace's, in which only "self" is right. The shell's read leaves the NULs out.
    script = (f"read -r line </proc/self/stat; echo $line >{inside}; "
              f"read -r line </proc/self/cmdline; echo $line >>{inside}; /bin/env | /bin/sort >>{inside}")
    bundle.add_hook(moment, "/bin/sh", env=["TWO=b c", "ONE=a"])
    bundle.config["hooks"][moment][0]["args"] = ["/another/sh", "-c", script, "last"]
    bundle.run("/bin/sleep", "0.1")
    stat, arguments, *env = linux.read_text(log).split("\n")
    assert stat.split()[1] == "(sh)", "the name of the file that is executed"
    assert arguments.startswith("/another/sh-c") and arguments.endswith("last"), arguments
    own = [line for line in env if not line.startswith(("PATH=/sbin:", "PWD=", "SHLVL=", "_="))]  # of shells
    assert own == ["ONE=a", "TWO=b c"], env


def test_time_out_of_poststop(bundle):
    """It is ended, and the failure only warned of."""
    bundle.add_hook("poststop", "/bin/sleep", "100", timeout=1)
    begun = time.monotonic()
    result = bundle.try_run("/bin/true")
    assert result.status == 0 and "hook ran past specified timeout of 1.0s" in result.err, result
    assert 0.9 < time.monotonic() - begun < 8


@each(*MOMENTS)
def test_relative_path(bundle, moment):
    bundle.add_hook(moment, "bin/true")
    bundle.fails(f"hooks.{moment}[0].path: expected an absolute path", "/bin/true")


@each(*MOMENTS)
def test_bad_time_out(bundle, moment):
    bundle.add_hook(moment, "/bin/true", timeout=0)
    bundle.fails(f"hooks.{moment}[0].timeout: expected a number of seconds greater than 0", "/bin/true")
