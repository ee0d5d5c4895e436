// Cache and memory bandwidth: config-linux.md, "IntelRdt"; the kernel's filesystems/resctrl.
#pragma once

#include <string>
#include <string_view>

#include "oci-spec/linux.h"

namespace skiff {

struct RdtSchemata {
  std::string l3_cache; // both: empty = leave it
  std::string memory_bandwidth;
};

// Writes schemata to the resctrl group of a container. `config` is null where its configuration has no intelRdt. Throws
// Error, in runc's words when this machine has no such thing.
void update_rdt(const oci::IntelRdt* config, std::string_view id, const RdtSchemata& schemata);

} // namespace skiff
