// Where a container's cgroup goes. Pure functions over a Layout.
#pragma once

#include <string>
#include <string_view>

#include "runtime/cgroups/cgroups.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/unit.h"

namespace skiff::cgroups {

// Without "." and "..", which cannot climb out: an absolute path stays absolute and a relative one relative.
std::string clean_path(std::string_view path);

// The rule of config-linux.md, "Cgroups Path", as engines know it from runc: an absolute cgroupsPath is below each
// mount point; a relative one, or the id when there is none, is below the runtime's own cgroup in v1 hierarchies and
// beside it in cgroup2 (a cgroup with processes cannot hand controllers to its children).
Place place_for(const Layout& layout, const Request& request);
// The place that systemd gives to a unit, or `subgroup` in it. In cgroup2 the place of a user's unit is known only when
// it is there.
Place place_for_unit(const Layout& layout, const Unit& unit, std::string_view subgroup, Systemd systemd);
// "A/B", without a slash too many where one of them is empty.
std::string join(std::string_view a, std::string_view b);
// Whether place_for() will look at the runtime's own cgroup.
OwnCgroup own_cgroup_for(const Request& request);

} // namespace skiff::cgroups
