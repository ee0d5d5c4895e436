// System calls that are newer than a profile. A profile that denies by default answers EPERM to a system call that did
// not exist when it was written; C libraries fall back to an older call only on ENOSYS, so programs built against a
// newer libc break under older profiles. The filter therefore gets a prologue that answers ENOSYS to every number above
// the largest that the profile names, as runc does since 1.0.0-rc93.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace skiff::security {

// What the profile knows of one architecture.
struct SyscallLimit {
  uint32_t architecture = 0; // libseccomp's token
  uint32_t last = 0;         // the largest number that the profile names; with bit 30 for x32
};

// The prologue, to be put in front of a filter: it returns ENOSYS, or goes on to the instruction after its last. Empty
// without limits. Other architectures than those named go on to the filter.
std::vector<sock_filter> enosys_prologue(std::span<const SyscallLimit> limits);

} // namespace skiff::security
