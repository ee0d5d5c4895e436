// linux.resources as writes to cgroup2 files: config-linux.md, "Control groups"; the kernel's admin-guide/cgroup-v2.
#pragma once

#include <cstdint>

#include "oci-spec/resources.h"
#include "runtime/cgroups/settings.h"

namespace skiff::cgroups {

// What the result depends on besides the resources.
struct FactsV2 {
  bool bfq_weight = false;         // there is io.bfq.weight
  bool bfq_device_weights = false; // and it takes weights of single devices (since 5.4)
};

// The numbers of the specification are those of v1; these are the conversions that runc and crun agreed on.
uint64_t cpu_weight(uint64_t shares);                     // [2..262144], default 1024 -> [1..10000], default 100
uint64_t io_weight(uint16_t weight);                      // [10..1000] -> [1..10000]
int64_t swap_without_memory(int64_t swap, int64_t limit); // -1 = unlimited, 0 = leave. Throws Error.

// Only what is set, in the order in which it must be written; `unified` is not part of it, nor are devices. What has no
// counterpart in cgroup2 (swappiness, realtime, the OOM switch, network classes) has no effect. Throws Error.
Settings limits_v2(const oci::Resources& resources, const FactsV2& facts);

} // namespace skiff::cgroups
