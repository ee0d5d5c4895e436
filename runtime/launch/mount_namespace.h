// The mount namespace that init is born in, where that is not to be a copy of the host's (design: section 4.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/launch/plan.h"

namespace skiff::launch {

// One of the root alone, where the kernel makes such; else the launchpad in the directory `shared`. Tells the plan what
// its mounts begin with; nothing where that is a copy of the host's.
std::optional<sys::Fd> open_mount_namespace(InitPlan& plan, const std::string& shared);

// For the log.
std::string_view text(MountsBegin begin);

} // namespace skiff::launch
