"""What the tests of the systemd manager share: systemctl, and a bundle whose cgroup systemd makes."""

import json
import os
import subprocess

from lib import linux

ROOT = "/sys/fs/cgroup"
UNDER_VERSION_1 = os.path.isdir(f"{ROOT}/systemd")


def systemctl(*arguments):
    return subprocess.run(["systemctl", *arguments], capture_output=True, text=True, check=False).stdout


def show(unit, *names):
    """Properties of a unit as `systemctl show` has them."""
    text = systemctl("show", unit, *[f"--property={name}" for name in names])
    return dict(line.split("=", 1) for line in text.splitlines())


def units(word):
    """All units that systemd knows, failed ones too, whose name holds the word."""
    lines = systemctl("list-units", "--all", "--plain", "--no-legend", "--full").splitlines()
    return [line.split()[0] for line in lines if word in line.split()[0]]


def version():
    return int(systemctl("--version").split()[1])


def use_systemd(bundle, slice_name="system.slice", prefix="skifftest"):
    """Lets systemd make the bundle's containers; the name of the unit."""
    name = os.environ["SKIFF_TEST_ID"]
    bundle.linux["cgroupsPath"] = f"{slice_name}:{prefix}:{name}"
    bundle.runtime.flags.append("--systemd-cgroup")
    return f"{prefix}-{name}.scope"


def read(container, file):
    return linux.read_text(os.path.join(container.cgroup("memory"), file))


def update(bundle, container, resources):
    bundle.runtime.ok("update", "--resources", "-", container.id, stdin=json.dumps(resources))
