// The stub's ELF file, embedded in the runtime.
#pragma once

#include <string_view>

#include "runtime/sys/fd.h"

namespace skiff::stub {

std::string_view image();

// The image in a sealed memfd, ready for fexecve. Throws Error (EACCES where vm.memfd_noexec forbids it).
sys::Fd sealed_image();

} // namespace skiff::stub
