"""The five sets of capabilities."""

from lib import each, since

NET_RAW, SYS_ADMIN, KILL = 13, 21, 5
SETS = {"bounding": "CapBnd", "effective": "CapEff", "permitted": "CapPrm", "inheritable": "CapInh",
        "ambient": "CapAmb"}


def seen_by(bundle):
    status = bundle.report()["status"]
    return {name: int(status[member], 16) for name, member in SETS.items()}


def test_usual(bundle):
    wanted = 1 << 29 | 1 << 5 | 1 << 10  # AUDIT_WRITE, KILL, NET_BIND_SERVICE
    assert seen_by(bundle) == {"bounding": wanted, "effective": wanted, "permitted": wanted, "inheritable": 0,
                               "ambient": 0}


def test_none(bundle):
    bundle.process["capabilities"] = {}
    assert set(seen_by(bundle).values()) == {0}


def test_each_set_of_its_own(bundle):
    """A user who is not root keeps after exec what is ambient."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["capabilities"] = {
        "bounding": ["CAP_KILL", "CAP_NET_RAW", "CAP_CHOWN"], "permitted": ["CAP_KILL", "CAP_NET_RAW"],
        "effective": ["CAP_KILL"], "inheritable": ["CAP_KILL", "CAP_NET_RAW"], "ambient": ["CAP_KILL"]}
    assert seen_by(bundle) == {"bounding": 1 << KILL | 1 << NET_RAW | 1, "permitted": 1 << KILL, "effective": 1 << KILL,
                               "inheritable": 1 << KILL | 1 << NET_RAW, "ambient": 1 << KILL}


def test_user_without_ambient_has_none(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    seen = seen_by(bundle)
    assert seen["effective"] == seen["permitted"] == 0 and seen["bounding"] != 0


def test_root_gets_the_bounding_set(bundle):
    """By the kernel's rule for exec as root, unless noNewPrivileges forbids any gain."""
    bundle.process["capabilities"] = {"bounding": ["CAP_KILL"], "permitted": [], "effective": []}
    assert seen_by(bundle)["effective"] == 0
    bundle.process["noNewPrivileges"] = False
    assert seen_by(bundle)["effective"] == 1 << KILL


@since(crun="never")
def test_unknown_one_is_ignored(bundle):
    for members in bundle.process["capabilities"].values():
        members.append("CAP_NOSUCH")
    bundle.process["capabilities"] = {name: [*members, "CAP_NOSUCH"]
                                      for name, members in bundle.process["capabilities"].items()}
    result = bundle.try_run("/bin/true")
    assert result.status == 0, result
    assert "CAP_NOSUCH" in result.err


def test_full_set_in_a_user_namespace(bundle):
    bundle.map_users()
    bundle.add_capabilities("CAP_SYS_ADMIN")
    bundle.run("/bin/mount", "-t", "tmpfs", "tmpfs", "/tmp")


@each(("CAP_CHOWN", "chown 5 /etc/passwd"), ("CAP_SYS_ADMIN", "mount -t tmpfs tmpfs /tmp"))
def test_by_effect(bundle, name, command):
    assert bundle.try_run("/bin/sh", "-c", command).status != 0
    bundle.add_capabilities(name)
    assert bundle.try_run("/bin/sh", "-c", command).status == 0


def test_securebits_are_clear(bundle):
    assert bundle.report()["securebits"] == 0


@since(runc="1.3", crun="never")
def test_ambient_one_that_is_not_inheritable(bundle):
    sets = {"bounding": ["CAP_KILL", "CAP_CHOWN"], "permitted": ["CAP_KILL", "CAP_CHOWN"], "effective": [],
            "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL", "CAP_CHOWN"]}
    bundle.process["capabilities"] = sets
    result = bundle.try_run("/bin/report")
    assert result.status == 0 and "can't raise ambient capability CAP_CHOWN: " in result.err, result
    assert '"CapAmb":"0000000000000020"' in result.out.replace(" ", ""), result.out


def test_ambient_ones_without_any_inheritable(bundle):
    """As Buildah 1.28 writes it: stderr belongs to the container."""
    names = bundle.process["capabilities"]["permitted"]
    bundle.process["capabilities"]["ambient"] = names
    result = bundle.try_run("/bin/true")
    assert result.status == 0 and result.err == "", result
