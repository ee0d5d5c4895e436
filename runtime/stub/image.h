// The stub's ELF file, embedded in the runtime.
#pragma once

#include <string_view>

#include "runtime/sys/fd.h"

namespace skiff::stub {

std::string_view image();

// The image as a file that nobody can change, ready for execveat(2). Throws Error.
sys::Fd sealed_image();

} // namespace skiff::stub
