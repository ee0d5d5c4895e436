// How the container's processes are run: config.md, "scheduler" and "ioPriority"; config-linux.md, "Personality" and
// "Memory policy". All of it outlives execve.
#pragma once

#include <optional>

#include "runtime/launch/plan.h"

namespace skiff::init {

void set_scheduling(const launch::ProcessPlan& process, const std::optional<oci::Personality>& personality,
                    const std::optional<oci::MemoryPolicy>& memory_policy);

} // namespace skiff::init
