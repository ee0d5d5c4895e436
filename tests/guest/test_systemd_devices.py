"""Device rules under the systemd manager: systemd's properties and the kernel's filter say the same, all the time."""

import subprocess
import time

from lib import limit, since, skip
from lib.container import wait_until
from lib.systemd import UNDER_VERSION_1, show, systemctl, units, update, use_systemd


def test_device_rules(bundle):
    """What systemd says of them, and the kernel: no write to kmsg (1:11), no mem (1:1)."""
    unit = use_systemd(bundle)
    bundle.process["capabilities"] = {kind: ["CAP_MKNOD", "CAP_SYSLOG"] for kind in
                                      ("bounding", "effective", "permitted")}
    bundle.resources["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 11, "access": "r"})
    container = bundle.start("/bin/sh", "-c", "mknod /dev/a c 1 11; mknod /dev/b c 1 1; while :; do "
                             "(true </dev/a) && echo readable; (echo >/dev/a) 2>&1; (cat </dev/b) 2>&1; "
                             "echo; sleep 0.2; done")
    if bundle.runtime.name != "crun":
        found = show(unit, "DevicePolicy", "DeviceAllow")
        assert found["DevicePolicy"] == "strict", found
        assert "char-* m" in systemctl("show", unit, "--property=DeviceAllow")
    systemctl("daemon-reload")
    time.sleep(0.5)
    for text in container.output().split("\n\n")[:-1]:  # the last may be half written
        readable, unwritable, forbidden = text.splitlines()
        assert readable == "readable", text
        assert "Operation not permitted" in unwritable and "Operation not permitted" in forbidden, text
    container.delete("--force")


def test_rules_that_systemd_cannot_say(bundle):
    """All but one device: the filter is ours alone, and holds."""
    unit = use_systemd(bundle)
    bundle.process["capabilities"] = {kind: ["CAP_MKNOD", "CAP_SYSLOG", "CAP_SYS_RAWIO"] for kind in ("bounding", "effective", "permitted")}
    bundle.resources["devices"] = [{"allow": True, "access": "rwm"},
                                   {"allow": False, "type": "c", "major": 1, "minor": 11, "access": "r"}]
    if bundle.runtime.name == "crun":
        skip("crun refuses it")
    container = bundle.create("/bin/sh", "-c", "mknod /dev/a c 1 11; mknod /dev/b c 1 1; (cat </dev/a) 2>&1; "
                              "(head -c 0 </dev/b) 2>&1 && echo fine")
    if bundle.runtime.name == "skiff":
        assert show(unit, "DevicePolicy") == {"DevicePolicy": "auto"}
    systemctl("daemon-reload")
    container.start()
    container.wait_for("fine")
    assert "Operation not permitted" in container.output()
    container.delete("--force")


CONSOLE = {"type": "c", "major": 5, "minor": 1}  # no default rule allows it
FUSE = {"type": "c", "major": 10, "minor": 229}


def watch_device(bundle, *arguments):
    """A container that says each time it changes whether it may open a device; what it has said."""
    bundle.add_capabilities("CAP_MKNOD")
    container = bundle.start(*arguments)
    wait_until(container.output, "its answer")
    return container, lambda: ["no" if word == "1" else "yes" for word in container.output().split()]


def watch_console(bundle):
    return watch_device(bundle, "/bin/sh", "-c", "mknod /device c 5 1 && exec load watch /device r")


def allowed(unit):
    """The devices that systemd allows the unit."""
    return {line.removeprefix("DeviceAllow=") for line in systemctl("show", unit, "--property=DeviceAllow").splitlines()}


def programs(container):
    """How many device programs decide for the container."""
    text = subprocess.run(["bpftool", "cgroup", "show", container.cgroup("memory")], capture_output=True, text=True,
                          check=True).stdout
    return text.count("cgroup_device") or text.count(" device ")


def look_again(unit):
    """Lets systemd look at the unit and write what it holds to be in force."""
    systemctl("daemon-reload")
    systemctl("set-property", "--runtime", unit, "IOWeight=50")
    time.sleep(0.3)


@since(runc="never", crun="never")
def test_updated_devices(bundle):
    """The program feels it, systemd knows of it, and so does not undo it."""
    unit = use_systemd(bundle)
    container, said = watch_console(bundle)
    assert said() == ["no"]
    first = allowed(unit)
    assert first and not [device for device in first if "5:1 " in device], first
    update(bundle, container, {"devices": [{"allow": True, "access": "r"} | CONSOLE]})
    wait_until(lambda: said()[-1] == "yes", "permission")
    assert allowed(unit) - first == {"/dev/char/5:1 r"} and first <= allowed(unit)
    look_again(unit)
    update(bundle, container, {"devices": [{"allow": False, "access": "r"} | CONSOLE]})
    wait_until(lambda: said()[-1] == "no", "refusal")
    assert allowed(unit) == first
    look_again(unit)
    update(bundle, container, {"devices": [{"allow": True, "access": "rwm"}]})
    wait_until(lambda: said()[-1] == "yes", "permission of everything")
    assert show(unit, "DevicePolicy") == {"DevicePolicy": "auto"} and not allowed(unit)
    look_again(unit)
    update(bundle, container, {"devices": [{"allow": False, "access": "rwm"}, {"allow": True, "access": "w"} | CONSOLE]})
    wait_until(lambda: said()[-1] == "no", "refusal of everything")
    assert show(unit, "DevicePolicy") == {"DevicePolicy": "strict"} and "/dev/char/5:1 w" in allowed(unit)
    look_again(unit)
    assert said()[-1] == "no"
    if not UNDER_VERSION_1:  # where systemd, when it looks, forbids everything for a moment
        assert said() == ["no", "yes", "no", "yes", "no"]
    container.delete("--force")
    assert not units(unit)


@since(runc="never", crun="never")
@limit(60)
def test_no_moment_without_rules(bundle):
    """What old and new rules have in common holds all the time; and programs do not pile up."""
    unit = use_systemd(bundle)
    console, said_of_console = watch_console(bundle)
    for number in range(20):
        update(bundle, console, {"devices": [{"allow": number % 2 == 0, "access": "rwm"} | FUSE]})
        if number % 5 == 0:
            systemctl("daemon-reload")
    assert said_of_console() == ["no"]
    if not UNDER_VERSION_1:
        assert 1 <= programs(console) <= 2  # ours, and systemd's if it has looked since
    console.delete("--force")
    null, said_of_null = watch_device(bundle, "/bin/load", "watch", "/dev/null", "rw")
    for number in range(20):
        update(bundle, null, {"devices": [{"allow": number % 2 == 0, "access": "rwm"} | FUSE]})
    assert said_of_null() == ["yes"]
    null.delete("--force")
    assert not units(unit)
