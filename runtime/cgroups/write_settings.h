// Writing settings.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "runtime/cgroups/rollback.h"
#include "runtime/cgroups/settings.h"

namespace skiff::cgroups {

// The container's directory that has the controller; null where there is none.
using DirectoryOf = std::function<const std::string*(std::string_view controller)>;

// Writes all of them, in order, after `rollback` has seen what was there (null where that is not worth the reading: the
// cgroup is new). Throws Error at the first that the kernel refuses.
void write_settings(const Settings& settings, const DirectoryOf& directory_of, Rollback* rollback);

} // namespace skiff::cgroups
