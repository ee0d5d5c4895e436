// Where in the container's tree a mount goes: resolved once, checked, and used by its descriptor (I4).
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/sys/path.h"

namespace skiff::init {

struct Target {
  sys::Fd place;
  bool was_there = true; // else it is made for the mount
};

// The destination, made if it is missing: a directory, or an empty file for the bind of a file. `bound`: the tree of a
// bind mount, else -1. Throws Error for what must not be mounted there.
Target find_target(const sys::RootDir& root, const launch::PlannedMount& mount, sys::FdRef bound);

} // namespace skiff::init
