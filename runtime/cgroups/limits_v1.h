// linux.resources as writes to cgroup v1 files: config-linux.md, "Control groups"; the kernel's admin-guide/cgroup-v1.
#pragma once

#include <cstdint>
#include <limits>

#include "oci-spec/resources.h"
#include "runtime/cgroups/settings.h"

namespace skiff::cgroups {

// What the result depends on besides the resources. The defaults are those of a new cgroup.
struct FactsV1 {
  uint64_t memory_limit = std::numeric_limits<uint64_t>::max(); // memory.limit_in_bytes now
  bool blkio_weight = true; // there is blkio.weight; else BFQ's file is used (since 5.0)
};

// Only what is set, in the order in which it must be written. Devices are not part of it. Throws Error.
Settings limits_v1(const oci::Resources& resources, const FactsV1& facts);

} // namespace skiff::cgroups
