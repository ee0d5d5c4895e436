// The order of mountinfo(5): by age, since Linux 6.8. Where it is to be that of the configuration, what the runtime has
// opened before init made the file systems in front of it has to be made young again.
#pragma once

#include "runtime/launch/plan.h"

namespace skiff::init {

// A copy of the detached `tree` of the mount, with all its attributes; the tree itself before Linux 6.15.
sys::MountFd renew(sys::MountFd tree, const launch::PlannedMount& mount);

} // namespace skiff::init
