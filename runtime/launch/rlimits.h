// config.md, "POSIX process", rlimits; getrlimit(2).
#pragma once

#include <vector>

#include "runtime/launch/plan.h"

namespace skiff::launch {

// Resolves the names, and finds out which limits are above this process's own. Throws Error.
std::vector<PlannedRlimit> plan_rlimits(const std::vector<oci::Rlimit>& limits);

// Sets those that raise (or those that do not) for a process; 0 = the caller. Throws Error.
enum class Which { raising, others };
void set_rlimits(int pid, const std::vector<PlannedRlimit>& limits, Which which);

} // namespace skiff::launch
