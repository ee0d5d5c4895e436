// linux.resources and annotations as properties of a systemd scope: systemd.resource-control(5),
// org.freedesktop.systemd1(5). Pure functions.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/resources.h"
#include "runtime/cgroups/bus_value.h"
#include "runtime/cgroups/device_filter.h"
#include "runtime/cgroups/unit.h"

namespace skiff::cgroups {

struct Property {
  std::string name;
  BusValue value;

  bool operator==(const Property&) const = default;
};
using Properties = std::vector<Property>;

// The version of cgroups with which systemd itself runs.
enum class SystemdLayout { V1, V2 };
// Whether the kernel's I/O weights are those of the BFQ scheduler: systemd converts IOWeight for it.
enum class IoWeights { Kernel, Bfq };

// "DevicePolicy" and "DeviceAllow". What systemd cannot say (a list of what is forbidden, a minor number of any major)
// is no rule at all for it: the device filter, which is ours, is there in any case.
Properties device_properties(const DevicePolicy& policy);

// What is set in `resources`, but devices; `unified` included. Throws Error.
Properties resource_properties(const oci::Resources& resources, SystemdLayout layout, IoWeights weights);

// The annotations "org.systemd.property.NAME" with values as parse_bus_value() reads them. A name in "Sec" becomes one
// in "USec", and the number goes with it. Throws Error.
Properties annotation_properties(const std::map<std::string, std::string>& annotations);

// What makes a scope a container's, with `pid` as its first process.
Properties scope_properties(const Unit& unit, std::string_view id, int pid, SystemdLayout layout);

// memory.oom.group of `unified`, which systemd (since 253) takes only when the scope is made. Throws Error.
Properties oom_properties(const std::map<std::string, std::string>& unified);

// systemd counts CPU time in whole percent: the quota rounded up so, which goes to the kernel as well. So both have the
// same number, and a nested cgroup gets what it asks for.
oci::Resources in_steps_of_systemd(oci::Resources resources);

// A list such as "0-3,8" as systemd wants it: bit N of byte N / 8. Throws Error.
std::vector<uint8_t> cpu_bits(std::string_view list);

} // namespace skiff::cgroups
