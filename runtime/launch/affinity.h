// Which CPUs a process may run on: config.md, "Linux Process", execCPUAffinity; sched_setaffinity(2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace skiff::launch {

// Bit N of the words is CPU N.
using CpuSet = std::vector<unsigned long>;

// "0-3,7", valid as oci::validate() has it; nothing for an empty text.
std::optional<CpuSet> parse_cpus(std::string_view text);
// Every CPU that there may ever be: the kernel narrows it to the cgroup's.
CpuSet all_cpus();
// One set for each CPU of `cpus`.
std::vector<CpuSet> each_cpu(const CpuSet& cpus);
// "0x8f".
std::string to_hex(const CpuSet& cpus);

// Process 0 is the caller.
Result<void> try_set_affinity(int pid, const CpuSet& cpus);
Result<CpuSet> try_affinity(int pid);

} // namespace skiff::launch
