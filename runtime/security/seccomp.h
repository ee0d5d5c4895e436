// seccomp profiles to BPF: config-linux.md, "Seccomp"; seccomp(2). libseccomp compiles, nothing else of it is used.
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "oci-spec/linux.h"

namespace skiff::security {

struct SeccompFilter {
  std::vector<sock_filter> code;
  unsigned flags = 0;    // SECCOMP_FILTER_FLAG_*
  bool notifies = false; // some rule has SCMP_ACT_NOTIFY: a listener is needed
};

// Compiles the profile into a tree-shaped filter. System calls that libseccomp does not know are left out, as runc
// does. Throws Error.
SeccompFilter compile(const oci::Seccomp& profile);
// As compile(), through a cache of content-named files in `cache_dir`, which is made if missing (mode 0700). A file
// that fails any check is compiled anew, not trusted (I13); a cache that cannot be written is no error. Throws Error.
SeccompFilter compile_cached(const oci::Seccomp& profile, const std::string& cache_dir);

// What this build and kernel can do, for `features`.
std::vector<std::string> seccomp_actions();
std::vector<std::string> seccomp_operators();
std::vector<std::string> seccomp_architectures();
std::vector<std::string> seccomp_known_flags();
std::vector<std::string> seccomp_supported_flags();

} // namespace skiff::security
