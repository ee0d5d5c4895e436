// Cache and memory bandwidth classes: linux.intelRdt; config-linux.md, "IntelRdt"; the kernel's resctrl.rst.
#pragma once

#include <string>

#include "oci-spec/linux.h"

namespace skiff::resctrl {

// What of a container is in the resctrl file system and goes with it: what state.json remembers. Absolute paths.
struct Place {
  std::string group;      // made for this container alone; empty = none
  std::string monitoring; // its monitoring group; empty = none
};

// Whether the file system is mounted here, and what of it: for `features` and for validation.
bool is_mounted();

// Puts the process into its class, making that where the specification says so, writes the schemata, and adds the
// monitoring group. `id` is the container's. Throws Error; then nothing is left that was not there.
Place apply(const oci::IntelRdt& rdt, const std::string& id, int pid);

// Removes what apply() has made. Throws Error.
void remove(const Place& place);

} // namespace skiff::resctrl
