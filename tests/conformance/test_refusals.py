"""Values of the right type that are wrong all the same."""

from lib import each


@each("1", "1.0", "2.0.0", "0.5.0", "1.0.0.0", "one", "")
def test_version(bundle, version):
    bundle.config["ociVersion"] = version
    bundle.fails("ociVersion: expected a version 1.x.y", "/bin/true")


def test_device_path(bundle):
    bundle.linux["devices"] = [{"path": "dev/x", "type": "c", "major": 1, "minor": 3}]
    bundle.fails("linux.devices[0].path: expected an absolute path", "/bin/true")


@each("uid", "gid")
def test_mapping_without_root(bundle, kind):
    bundle.map_users()
    bundle.linux[f"{kind}Mappings"] = [{"containerID": 5, "hostID": 100000, "size": 10}]
    bundle.fails(f"user namespaces enabled, but no mapping found for {kind} 0", "/bin/true")


@each("uid", "gid")
def test_mapping_range(bundle, kind):
    bundle.map_users()
    bundle.linux[f"{kind}Mappings"] = [{"containerID": 0, "hostID": 4294967000, "size": 1000}]
    bundle.fails(f"linux.{kind}Mappings[0].size: expected ids below 4294967295", "/bin/true")


@each("uid", "gid")
def test_mapping_of_size_0(bundle, kind):
    bundle.map_users()
    bundle.linux[f"{kind}Mappings"][0]["size"] = 0
    bundle.fails(f"linux.{kind}Mappings[0].size: expected at least 1, found 0", "/bin/true")


def test_readonly_path_without_mount_namespace(bundle):
    bundle.drop_namespace("mount")
    bundle.linux["maskedPaths"] = []
    bundle.fails("linux.readonlyPaths: unable to restrict sys entries without a private MNT namespace", "/bin/true")


@each(("type", "x", "invalid cgroup device type"), ("access", "", "device access at 0 field cannot be empty"),
      ("access", "q", "device access"))
def test_device_rule(bundle, member, value, text):
    rule = {"allow": True, "type": "c", "major": 1, "minor": 1, "access": "r"}
    bundle.resources["devices"] = [rule | {member: value}]
    bundle.fails(text, "/bin/true")


@each("NAME", "=value")
def test_env(bundle, entry):
    bundle.process["env"].append(entry)
    bundle.fails("invalid environment variable", "/bin/true")


@each(-1001, 1001)
def test_oom_score(bundle, value):
    bundle.process["oomScoreAdj"] = value
    bundle.fails(f"process.oomScoreAdj: expected -1000 to 1000, found {value}", "/bin/true")


def test_rlimit_above_the_hard_one(bundle):
    bundle.process["rlimits"] = [{"type": "RLIMIT_CORE", "hard": 1, "soft": 2}]
    bundle.fails("process.rlimits[0].soft: expected at most the hard limit 1, found 2", "/bin/true")


@each(({"gid": 1000}, "unmapped gid 1000 in user namespace"),
      ({"additionalGids": [1000]}, "setgroups: invalid argument"))
def test_unmapped_group(bundle, user, text):
    bundle.map_users(size=10)
    bundle.process["user"] |= user
    bundle.fails(text, "/bin/true")
