// A program of the runtime's that a container may get to see as an image, and can do nothing with.
#pragma once

#include <functional>

#include "runtime/sys/fd.h"

namespace skiff::sys {

// The descriptor of a file that `fill` writes, to be executed by it: execveat(2). Nobody can change it any more: it is
// a sealed memfd. Where vm.memfd_noexec forbids those, it is a file without a name in a read-only mount of its own.
// Throws Error.
Fd make_executable(const char* name, const std::function<void(FdRef)>& fill);

// Whether it is such a file.
bool is_made_executable(FdRef image);

} // namespace skiff::sys
