// config-linux.md, "Masked Paths" and "Readonly Paths".
#pragma once

#include <string>
#include <vector>

#include "runtime/sys/path.h"

namespace skiff::init {

// Files are covered with the container's own /dev/null, verified to be it (CVE-2025-31133); directories with an empty
// read-only one. Paths that do not exist are passed over. Throws Error.
void mask_paths(const sys::RootDir& root, const std::vector<std::string>& paths, const std::string& label);

// A read-only copy of the path's own mount over it. Passed over if it does not exist. Throws Error.
void make_readonly(const sys::RootDir& root, const std::string& path);

} // namespace skiff::init
