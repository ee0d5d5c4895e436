// Compiled seccomp filters, kept. Compiling docker's profile takes libseccomp 13 ms, more than all else of a start;
// most containers of a host have one of a few profiles.
#pragma once

#include <string>

#include "oci-spec/linux.h"
#include "runtime/security/seccomp.h"

namespace skiff::security {

// As compile(), through files in `cache_dir` that are named after what they were compiled from. The directory is made
// if missing (mode 0700; its parents too). Only files that nobody but the caller's uid can have written are used (I13);
// one that fails any check is compiled anew and replaced. A cache that cannot be read or written is no error. Throws
// Error for a profile that compile() would refuse.
SeccompFilter compile_cached(const oci::Seccomp& profile, const std::string& cache_dir);

// The name under which the profile's code is kept: SHA-256, in hexadecimal, of all that the code depends on. Where the
// listener is does not matter.
std::string cache_name(const oci::Seccomp& profile);

// Files kept; the ones longest unused go first.
inline constexpr size_t kMaxCachedFilters = 64;

} // namespace skiff::security
