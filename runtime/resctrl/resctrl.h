// Cache and memory bandwidth classes: linux.intelRdt; config-linux.md, "IntelRdt"; the kernel's resctrl.rst.
#pragma once

#include <string>

#include "oci-spec/linux.h"

namespace skiff::resctrl {

// What of a container is in the resctrl file system: what state.json remembers. Absolute paths.
struct Place {
  std::string joined;     // the class that the container is in; empty = none of its configuration
  std::string group;      // the same, where it was made for this container alone and goes with it; else empty
  std::string monitoring; // its monitoring group, which goes with it; empty = none
};

// What `update` asks for; empty = leave it.
struct Schemata {
  std::string l3_cache;
  std::string memory_bandwidth;
};

// Where the file system is mounted; empty = nowhere.
std::string mount_point();

// Puts the process into its class, making that where the specification says so, writes the schemata, and adds the
// monitoring group. `id` is the container's. Throws Error; then nothing is left that was not there.
Place apply(const oci::IntelRdt& rdt, const std::string& id, int pid);

// Writes schemata to the container's class. Returns those of before, for restore(); empty when there was nothing to
// write. Throws Error, in runc's words when this machine has no such thing or the container no class.
std::string update(const Place& place, const Schemata& schemata);
void restore(const Place& place, const std::string& schemata);

// Removes what apply() has made. Throws Error.
void remove(const Place& place);

// Removes what an apply() with these arguments has made that was killed before anybody could remember it: groups of the
// container's name without a task in them. Throws Error.
void remove_leftovers(const oci::IntelRdt& rdt, const std::string& id);

} // namespace skiff::resctrl
