// config.md, "POSIX process", rlimits; getrlimit(2).
#pragma once

#include <vector>

#include "oci-spec/spec.h"

namespace skiff {

// Sets them for another process: the runtime may raise limits that the container's own user namespace may not. Throws
// Error.
void set_rlimits(int pid, const std::vector<oci::Rlimit>& limits);

} // namespace skiff
