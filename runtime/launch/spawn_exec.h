// The clone of `exec`: a process comes into being in the container's cgroup and pid namespace, and enters the others.
#pragma once

#include <vector>

#include "runtime/launch/exec_plan.h"
#include "runtime/launch/spawn.h"

namespace skiff::launch {

// Direct: one clone. Staged: a process in between, which gives up all that the runtime has and enters the container
// before its child is born among the container's processes.
enum class ExecShape { direct, staged };

struct ExecSpawnRequest {
  std::vector<sys::FdRef> cgroups; // CLONE_INTO_CGROUP: the first that the kernel accepts; none = as the runtime
  ExecShape shape = ExecShape::direct;
};

// Clones the process, which runs init::run_exec(plan). Throws Error; then no process is left.
Spawned spawn_exec(ExecPlan& plan, const ExecSpawnRequest& request);

} // namespace skiff::launch
