"""linux.netDevices: interfaces of the runtime's network namespace that move into the container's."""

import subprocess

from lib import each, linux, skip

CLONE_NEWNET = 0x40000000


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0 and words[:2] == ("link", "add"):
        skip(f"no such interface can be made here: {done.stderr.strip()}")
    assert done.returncode == 0, done
    return done.stdout


def make_device(name, *addresses):
    """An interface in a network namespace of the test's own, in which the runtime then runs."""
    linux.unshare(CLONE_NEWNET)
    ip("link", "add", name, "type", "veth", "peer", "name", f"{name}peer")
    ip("link", "set", f"{name}peer", "up")
    ip("link", "set", name, "address", "02:00:00:00:00:07", "mtu", "1400", "up")
    for address in addresses:
        ip("addr", "add", address, "dev", name)


def links(text):
    return [line.split(": ")[1].partition("@")[0] for line in text.splitlines()]


def test_move(bundle):
    make_device("skiff0")
    bundle.linux["netDevices"] = {"skiff0": {}}
    inside = bundle.start("/bin/sh", "-c", "ip -o link show dev skiff0; sleep 100")
    inside.wait_for("skiff0")
    assert "02:00:00:00:00:07" in inside.output() and "mtu 1400" in inside.output() and "UP" in inside.output()
    assert "skiff0" not in links(ip("-o", "link"))


def test_rename(bundle):
    make_device("skiff0")
    bundle.linux["netDevices"] = {"skiff0": {"name": "net0"}}
    out = bundle.run("/bin/ip", "-o", "link")
    assert sorted(links(out)) == ["lo", "net0"]


@each((["192.0.2.7/24", "198.51.100.1/32"], ["192.0.2.7/24", "198.51.100.1/32"]),
      (["2001:db8::7/64"], ["2001:db8::7/64"]))
def test_addresses(bundle, given, kept):
    """Global ones stay; the link's own (fe80::) do not."""
    make_device("skiff0", *given)
    bundle.linux["netDevices"] = {"skiff0": {"name": "net0"}}
    out = bundle.run("/bin/ip", "-o", "addr", "show", "dev", "net0", "scope", "global")
    assert [line.split()[3] for line in out.splitlines()] == kept


def test_addresses_of_the_link_stay_behind(bundle):
    make_device("skiff0")
    ip("addr", "add", "169.254.7.7/16", "scope", "link", "dev", "skiff0")
    bundle.linux["netDevices"] = {"skiff0": {}}
    assert "169.254.7.7" not in bundle.run("/bin/ip", "-o", "addr")


def test_several(bundle):
    make_device("skiff0", "192.0.2.1/24")
    ip("link", "add", "skiff1", "type", "veth", "peer", "name", "peer")
    bundle.linux["netDevices"] = {"skiff0": {"name": "skiff1"}, "skiff1": {"name": "skiff0"}}
    out = bundle.run("/bin/ip", "-o", "-4", "addr", "show", "dev", "skiff1")
    assert "192.0.2.1/24" in out


def test_into_a_user_namespace(bundle):
    make_device("skiff0", "192.0.2.1/24")
    bundle.map_users()
    bundle.linux["netDevices"] = {"skiff0": {}}
    assert "192.0.2.1/24" in bundle.run("/bin/ip", "-o", "-4", "addr", "show", "dev", "skiff0")


def test_numbered_name(bundle):
    """%d is the first number that is free."""
    make_device("skiff0")
    ip("link", "add", "skiff1", "type", "veth", "peer", "name", "peer")
    bundle.linux["netDevices"] = {"skiff0": {"name": "net%d"}, "skiff1": {"name": "net%d"}}
    assert sorted(links(bundle.run("/bin/ip", "-o", "link"))) == ["lo", "net0", "net1"]


def test_is_there_for_hooks(bundle):
    """As for engines that configure it further."""
    make_device("skiff0")
    bundle.linux["netDevices"] = {"skiff0": {}}
    log = bundle.file("/log")
    bundle.add_hook("createContainer", "/bin/sh", "-c", f"cat /proc/net/dev >{log}")
    bundle.run("/bin/true")
    assert "skiff0" in linux.read_text(log)


def test_missing(bundle):
    linux.unshare(CLONE_NEWNET)
    bundle.linux["netDevices"] = {"nosuch0": {}}
    bundle.fails("nosuch0", "/bin/true")


@each("a/b", "a b", "sixteen-letters-", "..", "")
def test_bad_name(bundle, name):
    bundle.linux["netDevices"] = {name: {}} if name else {"": {}}
    bundle.fails("invalid network device name", "/bin/true")


def test_bad_new_name(bundle):
    bundle.linux["netDevices"] = {"eth0": {"name": "a/b"}}
    bundle.fails('invalid network device name "a/b"', "/bin/true")


def test_new_name_is_taken(bundle):
    make_device("skiff0")
    bundle.linux["netDevices"] = {"skiff0": {"name": "lo"}}
    bundle.fails("file exists", "/bin/true")
    assert "skiff0" in links(ip("-o", "link")), "a start that failed leaves it where it was"


def test_without_namespace(bundle):
    bundle.drop_namespace("network")
    bundle.drop_mounts("/sys")
    bundle.linux["netDevices"] = {"eth0": {}}
    bundle.fails("unable to move network devices without a NET namespace", "/bin/true")


