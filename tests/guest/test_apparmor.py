"""AppArmor profiles, on a kernel that has AppArmor."""

import os
import subprocess

from lib import linux, since, skip

PROFILE = """
abi <abi/ABI>,
include <tunables/global>
profile skiff-test flags=(attach_disconnected, mediate_deleted) {
  include <abstractions/base>
  file,
  capability,
  network,
  signal,
  deny /etc/secret r,
}
"""


def load_profile(folder):
    if not os.path.isdir("/sys/kernel/security/apparmor"):
        skip("AppArmor is not enabled")
    newest = max(name for name in os.listdir("/etc/apparmor.d/abi") if name[0].isdigit())
    file = folder / "profile"
    file.write_text(PROFILE.replace("ABI", newest), encoding="utf-8")
    subprocess.run(["apparmor_parser", "--replace", file], check=True)


def test_profile_is_applied(bundle, folder):
    load_profile(folder)
    bundle.process["apparmorProfile"] = "skiff-test"
    assert bundle.report()["label"].strip() == "skiff-test (enforce)"


def test_profile_is_applied_by_start(bundle, folder):
    load_profile(folder)
    bundle.process["apparmorProfile"] = "skiff-test"
    container = bundle.create("/bin/sh", "-c", "cat /proc/self/attr/current")
    container.start()
    assert container.reap() == 0, container.output()
    assert container.output().strip() == "skiff-test (enforce)"


@since(runc="never")
def test_profile_where_securityfs_is_not_mounted(bundle, folder):
    """As podman leaves it for a container with a user namespace."""
    load_profile(folder)
    linux.unmount("/sys/kernel/security")
    bundle.process["apparmorProfile"] = "skiff-test"
    assert bundle.report()["label"].strip() == "skiff-test (enforce)"


def test_profile_confines(bundle, folder):
    load_profile(folder)
    bundle.process["apparmorProfile"] = "skiff-test"
    bundle.file("/etc/secret", "secret")
    result = bundle.try_run("cat", "/etc/secret")
    assert result.status == 1 and "Permission denied" in result.err, result


def test_profile_with_an_unprivileged_user(bundle, folder):
    load_profile(folder)
    bundle.process["apparmorProfile"] = "skiff-test"
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.process["capabilities"] = {}
    assert bundle.report()["label"].strip() == "skiff-test (enforce)"


def test_unconfined_is_no_profile(bundle):
    bundle.process["apparmorProfile"] = "unconfined"
    assert bundle.report()["label"].strip() == "unconfined"


def test_profile_that_is_not_loaded(bundle):
    bundle.process["apparmorProfile"] = "skiff-test-absent"
    bundle.fails("unable to apply apparmor profile: apparmor failed to apply profile: write /proc/self/attr/")
