// The clone: init comes into being in its namespaces and in its cgroup.
#pragma once

#include <optional>

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"
#include "runtime/sys/process.h"

namespace skiff::launch {

struct Spawned {
  int pid = 0; // as the runtime sees it
  sys::PidFd pidfd;
  ParentEnd channel;
};

struct SpawnRequest {
  sys::FdRef cgroup = sys::FdRef(-1);   // CLONE_INTO_CGROUP
  sys::FdRef mount_ns = sys::FdRef(-1); // to be born in: the launchpad's, or the one of the root
  // Closed in init: I10, and with the descriptor its lock would live on there.
  sys::FdRef state_dir = sys::FdRef(-1);
};

// Direct: one clone, also when namespaces are joined: the runtime goes there and comes back. Staged: a process in
// between stays there. It enters the user namespace first, because only there it has rights over what is to be joined;
// and without the rights of the initial user namespace there is no way back into a namespace that belongs to that one.
bool is_staged(const InitPlan& plan);

// Clones init, which runs init::run(plan). Ids are mapped when this returns. Throws Error; then no process is left.
Spawned spawn(InitPlan& plan, const SpawnRequest& request);

} // namespace skiff::launch
