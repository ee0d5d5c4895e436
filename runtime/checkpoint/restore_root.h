// The root file system that criu restores a container in.
#pragma once

#include <string>

#include "runtime/launch/plan.h"

namespace skiff::checkpoint {

// criu wants a mount at a place that nothing is mounted over, and every mountpoint in it to exist. Both are made here,
// in a mount namespace of criu's own, which goes with it. To be called by the process that becomes criu. Throws Error.
void prepare_root(const std::string& place, launch::InitPlan& plan);

} // namespace skiff::checkpoint
