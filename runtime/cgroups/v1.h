// The v1 hierarchies of a container's cgroup: the kernel's admin-guide/cgroup-v1.
#pragma once

#include <string>

#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/limits_v1.h"
#include "runtime/cgroups/tree.h"

namespace skiff::cgroups::v1 {

// Makes the container's directory in a hierarchy. In cpuset every level gets cpus and mems, without which no process
// can be moved in; `resources` has those of the container itself. Throws Error.
NewDirectories::Outcome create(NewDirectories& directories, const Hierarchy& hierarchy, const std::string& directory,
                               const oci::Resources& resources);

// Reads what limits_v1() depends on. The names are of the directories with the memory and blkio controllers, empty
// where there are none.
FactsV1 facts(const oci::Resources& resources, const std::string& memory, const std::string& blkio);

// freezer.state. Whether an ancestor is frozen does not count.
bool frozen(const std::string& directory);
// Freezes and waits until it is so, or thaws. Throws Error, and then the cgroup is thawed.
void freeze(const std::string& directory, bool on);

} // namespace skiff::cgroups::v1
