// The host's device node, for where mknod(2) is not allowed. Used by the runtime where it may, else by init, which as
// root of its user namespace may bind what it sees.
#pragma once

#include "runtime/base/result.h"
#include "runtime/launch/plan.h"

namespace skiff::launch {

// A detached mount of the node at the device's path; an errno when that cannot be had. Throws Error when the host has
// another device there.
Result<sys::MountFd> try_host_node(const PlannedDevice& device);

} // namespace skiff::launch
