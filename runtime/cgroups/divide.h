// Which version of cgroups takes care of which part of the resources, on hosts that have both.
#pragma once

#include "oci-spec/resources.h"
#include "runtime/cgroups/layout.h"

namespace skiff::cgroups {

struct Parts {
  oci::Resources legacy;  // without devices and `unified`
  oci::Resources unified; // without devices
};

// A controller is in v1 or in cgroup2, never in both. A part whose controller is nowhere stays with v1 where there is
// v1, so that it fails there. Throws Error when `unified` names what is not in cgroup2.
Parts divide(const oci::Resources& resources, const Layout& layout);

} // namespace skiff::cgroups
