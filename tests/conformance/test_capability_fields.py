"""Each of the five sets by itself. The program is a user's, so that the kernel adds nothing at exec."""

from lib import each

KILL, CHOWN = 1 << 5, 1
SHOWN = {"bounding": "CapBnd", "effective": "CapEff", "permitted": "CapPrm", "inheritable": "CapInh",
         "ambient": "CapAmb"}
# What must hold CAP_KILL too for a set to keep it over exec of a user's program.
NEEDS = {"bounding": [], "inheritable": ["permitted"],
         "effective": ["permitted", "inheritable", "ambient"], "permitted": ["inheritable", "ambient"],
         "ambient": ["permitted", "inheritable"]}


@each(*SHOWN)
def test_set(bundle, name):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    sets = {kind: ["CAP_KILL"] for kind in [name, *NEEDS[name]]}
    sets["bounding"] = ["CAP_KILL", "CAP_CHOWN"]
    bundle.process["capabilities"] = sets
    status = bundle.report()["status"]
    wanted = KILL | CHOWN if name == "bounding" else KILL
    assert int(status[SHOWN[name]], 16) == wanted, status
    bundle.process["capabilities"] = {kind: [] if kind == name else names for kind, names in sets.items()}
    if name in ("bounding", "permitted", "effective"):  # without them the other sets of the config would contradict
        bundle.process["capabilities"] = {}
    assert int(bundle.report()["status"][SHOWN[name]], 16) == 0
