// The child's side of `exec`: from the clone to the stub, as init.h for the first process.
#pragma once

#include "runtime/launch/exec_plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

// What happens to a process that joins a container, before its own program. Failures are told to `parent`.
[[noreturn]] void run_exec(launch::ExecPlan& plan, launch::ChildEnd parent);

// I9: closes all that the runtime has open and the plan does not need, enters the namespaces and the root of the
// container, and takes them off the plan. With CLONE_NEWPID in it, children are born in that one. Throws Error.
void join_container(launch::ExecPlan& plan, const launch::ChildEnd& parent);

} // namespace skiff::init
