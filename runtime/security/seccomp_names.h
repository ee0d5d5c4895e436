// The words of a seccomp profile and the kernel's or libseccomp's numbers for them. Only for this folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skiff::security {

// "SCMP_ARCH_X86_64" -> libseccomp's token.
std::optional<uint32_t> architecture_token(std::string_view name);
// The AUDIT_ARCH_* value that a filter sees in seccomp_data.arch under an architecture token: x32 runs as x86_64.
uint32_t audit_architecture(uint32_t token);

// "SECCOMP_FILTER_FLAG_LOG" -> the flag of seccomp(2). Zero for TSYNC, which is accepted and has nothing to do: the
// filter is loaded by a process of one thread.
std::optional<unsigned> filter_flag(std::string_view name);
// What this kernel takes of the flags above, as one bit set.
unsigned kernel_filter_flags();

// The actions that this kernel knows, as one bit set in an order of its own; a part of the cache's key.
unsigned kernel_action_bits();
bool kernel_notifies();

} // namespace skiff::security
