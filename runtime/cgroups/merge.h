// Resources before and after an update. Pure functions.
#pragma once

#include "oci-spec/resources.h"

namespace skiff::cgroups {

// What is in force after `update` on top of `before`. A zero leaves what was, as engines write zeros for what their
// users did not set, but where zero is a value of its own: pids, burst, idle, rates of devices. `unified` is not kept:
// its files are those of the other properties.
oci::Resources merge(oci::Resources before, const oci::Resources& update);

// What has to be written for `update`, whose result is `merged`: besides the update itself the other half of those
// pairs that the kernel or systemd wants together: quota and period, memory and memory with swap.
oci::Resources completed(oci::Resources update, const oci::Resources& merged);

// Whether the device rules of an update ask for something. Podman adds the rule that denies everything to every update,
// whatever was allowed before, and runc has never looked at it.
bool changes_devices(const oci::Resources& update);

} // namespace skiff::cgroups
