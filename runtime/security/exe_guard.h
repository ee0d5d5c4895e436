// The exception of I1, CVE-2019-5736: where a process of a container may hold CAP_SYS_PTRACE over one of ours, that one
// must not have the runtime's file as its image.
#pragma once

namespace skiff::security {

// Returns when this program runs from a sealed copy in memory; else begins it anew from such a copy, with the same
// arguments, environment, descriptors and current directory. So call it before anything is done that cannot be done
// twice. Throws Error where no copy can be had (I12).
void run_from_sealed_copy();

} // namespace skiff::security
