// The source of a bind mount as a detached tree, with all its attributes. Used by the runtime for every bind that it
// may open, and by init for those that only it may (rootless).
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

enum class Inherit { as_slave, as_peer }; // what a bind of a shared mount becomes, unless its options say

// Clones `source` of the mount and sets the mount's options on the copy. `user_ns`: for idmapped mounts, else -1.
// Throws Error with the mount's own words around it.
sys::MountFd open_bind(const PlannedMount& mount, Inherit inherit, sys::FdRef user_ns);

// The recursive attributes and the propagation that the options ask for, on a detached mount. Throws Error.
void apply_options(sys::FdRef mount, const MountOptions& options);

} // namespace skiff::launch
