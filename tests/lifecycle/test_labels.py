"""AppArmor and SELinux: asked for where they are not there, and where AppArmor is."""

import os

from lib import linux, skip


def has_apparmor():
    return linux.read_text("/sys/module/apparmor/parameters/enabled", "N") == "Y"


def test_apparmor_where_there_is_none(bundle):
    if has_apparmor():
        skip("AppArmor is enabled here")
    bundle.process["apparmorProfile"] = "some-profile"
    bundle.fails("apparmor", "/bin/true")


def test_selinux_where_there_is_none(bundle):
    if os.path.exists("/sys/fs/selinux/enforce"):
        skip("SELinux is enabled here")
    bundle.process["selinuxLabel"] = "system_u:system_r:container_t:s0"
    bundle.fails("selinux label is specified in config, but selinux is disabled or not supported", "/bin/true")




def test_unknown_apparmor_profile(bundle):
    if not has_apparmor():
        skip("AppArmor is not enabled here")
    bundle.process["apparmorProfile"] = "no-such-profile"
    bundle.fails("no such file or directory", "/bin/true")


def test_unconfined(bundle):
    if not has_apparmor():
        skip("AppArmor is not enabled here")
    bundle.process["apparmorProfile"] = "unconfined"
    assert bundle.report()["label"].strip() == "unconfined"
