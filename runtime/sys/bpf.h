// Device programs of cgroup2: bpf(2), BPF_PROG_TYPE_CGROUP_DEVICE.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

using BpfProgram = Typed<struct BpfProgramTag>;

// Loads (and so verifies) a program. Kernels before 5.11 count it against RLIMIT_MEMLOCK.
Result<BpfProgram> try_load_device_program(std::span<const bpf_insn> program);
// Attaches it beside the programs that are there (BPF_F_ALLOW_MULTI): access needs the consent of all of them.
Result<void> try_attach_device_program(FdRef cgroup, const BpfProgram& program);
// The same in the place of `old`, at once. Since 5.6; EINVAL before.
Result<void> try_replace_device_program(FdRef cgroup, const BpfProgram& program, const BpfProgram& old);
Result<void> try_detach_device_program(FdRef cgroup, const BpfProgram& program);
// The ids of the programs attached to this very cgroup.
Result<std::vector<uint32_t>> try_query_device_programs(FdRef cgroup);
Result<BpfProgram> try_bpf_program(uint32_t id);

// Lifts RLIMIT_MEMLOCK as far as is allowed. For a retry after EPERM from try_load_device_program().
void raise_memlock_limit() noexcept;

} // namespace skiff::sys
