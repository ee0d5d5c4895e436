// The child's side of a start: all that runs between clone3 and the stub. Only this folder runs in the container's
// first process, and it executes the plan; the specification is not seen here.
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

// What happens to a container between clone3 and its own program. Failures are told to `parent`.
[[noreturn]] void run(launch::InitPlan& plan, launch::ChildEnd parent);

} // namespace skiff::init
