// Capability names and sets: config.md, "Linux Process", capabilities; capabilities(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/spec.h"

namespace skiff::security {

// Bit N is capability N.
struct CapabilitySets {
  uint64_t bounding = 0;
  uint64_t effective = 0;
  uint64_t permitted = 0;
  uint64_t inheritable = 0;
  uint64_t ambient = 0;
};

// "CAP_CHOWN" -> 0. Nothing for a name that is not known here, or that is beyond this kernel's last capability.
std::optional<unsigned> capability_number(std::string_view name);
// All names up to the kernel's last capability, in the order of their numbers: "CAP_CHOWN", ...
std::vector<std::string> capability_names();
// The five sets. Names that are unknown here are left out and added to `unknown`, which is sorted and free of repeats
// afterwards, for the warning that runc gives.
CapabilitySets resolve(const oci::Capabilities& capabilities, std::vector<std::string>& unknown);

} // namespace skiff::security
