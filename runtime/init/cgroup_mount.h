// The container's view of its cgroups: config-linux.md, "Control groups"; a mount of type "cgroup".
#pragma once

#include "runtime/init/mount_target.h"
#include "runtime/launch/plan.h"

namespace skiff::init {

// cgroup2: the container's own directory, bound. v1 and hybrid: a tmpfs with one directory a hierarchy. Never a fresh
// cgroup2 mount from the host's cgroup namespace, which waits for an RCU grace period (design: section 4, step 5).
sys::MountFd attach_cgroup(const MountPlaces& places, launch::PlannedMount& mount);

} // namespace skiff::init
