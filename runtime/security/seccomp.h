// seccomp profiles to BPF: config-linux.md, "Seccomp"; seccomp(2). libseccomp compiles, nothing else of it is used.
// compile_cached() of seccomp_cache.h is what a start uses.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "oci-spec/linux.h"

namespace skiff::security {

struct SeccompFilter {
  std::vector<sock_filter> code;
  unsigned flags = 0;    // SECCOMP_FILTER_FLAG_*, as seccomp(2) gets them; NEW_LISTENER with `notifies`
  bool notifies = false; // some rule has SCMP_ACT_NOTIFY: a listener is needed
};

// The filter without its code: refuses what runc refuses (flags, architectures, where NOTIFY may stand). Cheap, and
// also to be done when the code comes from a cache. Throws Error.
SeccompFilter prepare(const oci::Seccomp& profile);
// Compiles the profile into a tree-shaped filter. System calls that libseccomp does not know are left out, as runc
// does. Throws Error.
SeccompFilter compile(const oci::Seccomp& profile);
// The names in the profile that libseccomp does not know, for any architecture.
std::vector<std::string> unknown_syscalls(const oci::Seccomp& profile);

// What this build and kernel can do, for `features`.
std::vector<std::string> seccomp_actions();
std::vector<std::string> seccomp_operators();
std::vector<std::string> seccomp_architectures();
std::vector<std::string> seccomp_known_flags();
std::vector<std::string> seccomp_supported_flags();

} // namespace skiff::security
