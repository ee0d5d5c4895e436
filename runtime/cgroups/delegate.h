// A cgroup of the container's below its own, for a manager inside: cgroups(7), "Cgroups delegation".
#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/cgroups/cgroups.h"

namespace skiff::cgroups {

struct Owner {
  uid_t uid = static_cast<uid_t>(-1); // -1: who makes it
  gid_t gid = static_cast<gid_t>(-1);
};

// Makes the cgroup `path` below the place, moves `pid` there, which is alone in the container's own, hands all
// controllers down, and gives it to `owner`. The limits stay where they are, out of the owner's reach. cgroup2 only:
// throws Error.
void delegate(const Place& place, const std::string& path, int pid, Owner owner);

} // namespace skiff::cgroups
