// How the container's processes are run: config.md, "scheduler" and "ioPriority"; config-linux.md, "Personality" and
// "Memory policy". All of it outlives execve.
#pragma once

#include "runtime/launch/plan.h"

namespace skiff::init {

void set_scheduling(const launch::InitPlan& plan);
// The part that belongs to the process alone; exec has it too.
void set_priorities(const launch::ProcessPlan& process);

} // namespace skiff::init
