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
  sys::FdRef cgroup = sys::FdRef(-1);    // CLONE_INTO_CGROUP
  sys::FdRef launchpad = sys::FdRef(-1); // when the plan starts from there
};

// Clones init, which runs init::run(plan). Ids are mapped when this returns. Throws Error; then no process is left.
Spawned spawn(InitPlan& plan, const SpawnRequest& request);

} // namespace skiff::launch
