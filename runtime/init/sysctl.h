// config-linux.md, "Sysctl".
#pragma once

#include "runtime/init/rootfs.h"
#include "runtime/launch/plan.h"

namespace skiff::init {

// Through init's own procfs (I6), before masks cover it.
void write_sysctls(const launch::InitPlan& plan, Rootfs& root);

} // namespace skiff::init
