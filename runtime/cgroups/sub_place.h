// Cgroups below a container's own, for `exec --cgroup`. Pure functions.
#pragma once

#include <map>
#include <span>
#include <string>

#include "runtime/cgroups/cgroups.h"

namespace skiff::cgroups {

// Controller -> path relative to the container's cgroup; the controller "" means all hierarchies.
using SubPaths = std::map<std::string, std::string>;

// The arguments of --cgroup: one "PATH", or "CONTROLLER[,CONTROLLER...]:PATH" any number of times. Throws Error.
SubPaths parse_sub_paths(std::span<const std::string> arguments);

// The place with the paths applied. None of them leads out of the container's cgroup. Throws Error.
Place sub_place(const Place& base, const SubPaths& paths);

} // namespace skiff::cgroups
