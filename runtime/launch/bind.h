// The source of a bind mount as a detached tree, with all its attributes. Used by the runtime for every bind that it
// may open, and by init for those that only it may (rootless).
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

enum class Inherit { as_slave, as_peer }; // what a bind of a shared mount becomes, unless its options say
Inherit inherit_of(oci::RootfsPropagation root);

// Clones `source` of the mount and sets the mount's options on the copy. `user_ns`: for idmapped mounts, else -1.
// Throws Error with the mount's own words around it.
sys::MountFd open_bind(const PlannedMount& mount, Inherit inherit, sys::FdRef user_ns);

// The mount's options, on what it has become. Throws Error.
void set_bind_options(sys::FdRef tree, const PlannedMount& mount, Inherit inherit);

// Whether the file of a mount namespace is mounted below the directory `source`, as snapd and `unshare --mount=FILE`
// leave them. move_mount(2) refuses a tree with one of a namespace older than the caller's; mount(2) takes it.
bool holds_mount_namespace(const std::string& source);

// The recursive attributes and the propagation that the options ask for, on a detached mount. Throws Error.
void apply_options(sys::FdRef mount, const MountOptions& options);

} // namespace skiff::launch
