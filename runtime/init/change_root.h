// pivot_root(2), and what is done where it cannot be.
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/sys/fd.h"

namespace skiff::init {

// Makes `root`, a mount that is attached in this namespace, the root; with a mount namespace the host's tree is gone
// afterwards. Throws Error.
void change_root(const launch::InitPlan& plan, sys::FdRef root);

} // namespace skiff::init
