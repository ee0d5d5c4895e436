// The child's side of `exec`: from the clone to the stub, as init.h for the first process.
#pragma once

#include "runtime/launch/exec_plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

// What happens to a process that joins a container, before its own program. Failures are told to `parent`.
[[noreturn]] void run_exec(launch::ExecPlan& plan, launch::ChildEnd parent);

// I9: closes all that the runtime has open and the plan does not need. To be done again is harmless. Throws Error.
void leave_runtime(const launch::ExecPlan& plan, const launch::ChildEnd& parent);

} // namespace skiff::init
