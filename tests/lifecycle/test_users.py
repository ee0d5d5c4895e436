"""User namespaces with mappings, and who the program is."""

import os

from lib import each, linux, since


def test_mappings(bundle):
    bundle.map_users(200000, 5000)
    seen = bundle.report()
    assert [line.split() for line in seen["uid_map"]] == [["0", "200000", "5000"]]
    assert [line.split() for line in seen["gid_map"]] == [["0", "200000", "5000"]]
    assert seen["uids"] == [0, 0, 0]


def test_several_mappings(bundle):
    bundle.map_users()
    for kind in ("uidMappings", "gidMappings"):
        bundle.linux[kind] = [{"containerID": 0, "hostID": 100000, "size": 100},
                              {"containerID": 1000, "hostID": 300000, "size": 1}]
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    container = bundle.start()
    assert os.stat(f"/proc/{container.pid}").st_uid == 300000


def test_all_eight_namespaces_together(bundle):
    bundle.map_users()
    container = bundle.start()
    kinds = [kind for kind in linux.NAMESPACES if kind != "time"]
    assert not [kind for kind in kinds if container.namespace(kind) == linux.namespace("self", kind)]


def test_devices_in_a_user_namespace(bundle):
    """The kernel forbids mknod there: the host's nodes are bound."""
    bundle.map_users()
    out = bundle.shell("echo x >/dev/null && head -c 3 /dev/zero | wc -c && stat -c '%t:%T' /dev/null")
    assert out.split() == ["3", "1:3"]


def test_message_queues_belong_to_root(bundle):
    bundle.map_users()
    assert bundle.run("/bin/stat", "-c", "%u:%g %a", "/dev/mqueue") == "0:0 1777"


def test_full_root_in_its_own_namespace(bundle):
    bundle.map_users()
    bundle.add_capabilities("CAP_CHOWN")
    assert bundle.shell("touch /new && chown 5:6 /new && stat -c %u:%g /new") == "5:6"
    assert os.stat(f"{bundle.rootfs}/new").st_uid == 100005


@since(runc="1.2", crun="never")
def test_mappings_without_a_namespace(bundle):
    bundle.linux["uidMappings"] = bundle.linux["gidMappings"] = [{"containerID": 0, "hostID": 1, "size": 1}]
    bundle.fails("user namespace mappings specified, but user namespace isn't enabled in the config", "/bin/true")


@since(runc="1.2", crun="never")
def test_namespace_without_mappings(bundle):
    bundle.set_namespace("user")
    bundle.fails("user namespaces enabled, but no namespace path to join nor mappings to apply specified", "/bin/true")


def test_unmapped_user(bundle):
    bundle.map_users(size=10)
    bundle.process["user"] = {"uid": 1000, "gid": 0}
    result = bundle.try_run("/bin/true")
    assert result.status == 1
    if bundle.runtime.name == "skiff":
        assert "cannot setuid to unmapped uid 1000 in user namespace" in result.err, result


@each("uid", "gid")
def test_id_that_means_no_change(bundle, kind):
    """To setresuid(2) and setresgid(2), which would leave it at root's."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000} | {kind: 2**32 - 1}
    bundle.fails(f"unable to setup user: cannot set{kind} to unmapped {kind} {2**32 - 1} in user namespace", "/bin/id")


def test_user_and_group(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1001}
    seen = bundle.report()
    assert seen["uids"] == [1000] * 3 and seen["gids"] == [1001] * 3


def test_additional_groups(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [5, 7, 2000]}
    assert sorted(bundle.report()["groups"]) in ([5, 7, 2000], [5, 7, 1000, 2000])


def test_no_groups_are_inherited(bundle):
    assert bundle.report()["groups"] in ([], [0])


@each(("root", 0, "/root"), ("listed", 1000, "/home/user"), ("unlisted", 4242, "/"))
def test_home(bundle, _name, uid, home):
    bundle.process["user"] = {"uid": uid, "gid": 0}
    assert f"HOME={home}" in bundle.report()["env"]


def test_home_of_the_config_stays(bundle):
    bundle.process["env"] += ["HOME=/here"]
    assert "HOME=/here" in bundle.report()["env"]


@since(runc="1.2")
def test_empty_home_is_replaced(bundle):
    bundle.process["env"] += ["HOME="]
    assert "HOME=/root" in bundle.report()["env"]


@each(0o022, 0o077, 0)
def test_umask(bundle, mask):
    bundle.process["user"]["umask"] = mask
    assert bundle.report()["umask"] == mask


def test_default_umask(bundle):
    old = os.umask(0o007)
    try:
        assert bundle.report()["umask"] == 0o022
    finally:
        os.umask(old)


def test_stdio_belongs_to_the_user(bundle):
    """The program may open /dev/stdout again, though the runtime made its pipe as root."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    assert bundle.shell("echo again >/dev/stdout; echo error >/dev/stderr") == "again"


def test_dev_null_keeps_its_owner(bundle):
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    before = os.stat("/dev/null")
    with open(os.devnull, "r+b") as null:
        container = bundle.create("/bin/true", stdin=null, stdout=null, stderr=null)
        container.start()
        container.reap()
    after = os.stat("/dev/null")
    assert (before.st_uid, before.st_gid, before.st_mode) == (after.st_uid, after.st_gid, after.st_mode)
