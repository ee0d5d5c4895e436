// One planned mount becomes a mount of the container: config.md, "Mounts".
#pragma once

#include <functional>

#include "runtime/init/mount_target.h"
#include "runtime/launch/plan.h"
#include "runtime/sys/path.h"

namespace skiff::init {

struct Attached {
  sys::MountFd mount;
  bool lock_later = false; // read-only is asked for, but later mounts and nodes must still be made in it
};

// The tree of a bind whose source is in the container, as the mounts so far have made it. `set_ids` is called with the
// tree where an idmapping is wanted. Throws Error.
void open_inner_source(const sys::RootDir& root, launch::PlannedMount& mount, const launch::InitPlan& plan,
                       const std::function<void(sys::FdRef)>& set_ids);

// Makes the mount complete while it is detached, resolves the destination in the root, and attaches it there. Throws
// Error.
Attached attach(const MountPlaces& places, launch::PlannedMount& mount, const launch::InitPlan& plan);

} // namespace skiff::init
