// The mounts of a container that criu cannot make by itself, because they come from outside: config.md, "Mounts".
#pragma once

#include <string>
#include <vector>

#include "runtime/cgroups/cgroups.h"
#include "runtime/launch/plan.h"
#include "runtime/sys/path.h"

namespace skiff::checkpoint {

struct ExternalMount {
  std::string place;  // in the container, symlinks resolved: under this name it is found in the images
  std::string source; // on the host
};

// Where the path leads to below the root; what does not exist is taken as it is written.
std::string resolve_in(const sys::RootDir& root, const std::string& path);

// Bind mounts, device nodes that may be bound, and the hierarchies of version 1 without a cgroup namespace. Of `plan`
// it takes rootfs, mounts, devices and new_cgroup_ns.
std::vector<ExternalMount> external_mounts(const launch::InitPlan& plan, const cgroups::Manager& cgroup);

} // namespace skiff::checkpoint
