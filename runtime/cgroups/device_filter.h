// Which devices a container may use: config-linux.md, "Allowed Device list". Rules are folded into a policy, and the
// policy becomes lines for the v1 devices controller or an eBPF program for cgroup2.
#pragma once

#include <linux/bpf.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "oci-spec/resources.h"
#include "runtime/cgroups/settings.h"
#include "runtime/sys/fd.h"

namespace skiff::cgroups {

inline constexpr int64_t kAnyNumber = -1;

// A device, or all that a wildcard matches, for which the contrary of the default holds.
struct DeviceException {
  char type = 'c'; // or 'b'
  int64_t major = kAnyNumber;
  int64_t minor = kAnyNumber;
  uint32_t access = 0; // BPF_DEVCG_ACC_*

  bool operator==(const DeviceException&) const = default;
};

// An access is decided by the exceptions if a single one of them covers all of it, else by the default.
struct DevicePolicy {
  bool allow_by_default = false;
  std::vector<DeviceException> exceptions; // in the order of the rules, one per device

  bool allows_all() const { return allow_by_default && exceptions.empty(); }
  bool operator==(const DevicePolicy&) const = default;
};

// What every container may use, whatever its rules say: the devices of config-linux.md, "Default Devices", terminals,
// /dev/net/tun, and making (not opening) any node. Engines have relied on it since the first runc.
std::span<const oci::DeviceRule> default_device_rules();

// Applies the rules in order as the v1 controller does: a rule for type "a" forgets everything before it. A rule that
// takes away a part of a wildcard is refused, since v1 would ignore it. Throws Error.
DevicePolicy fold(std::span<const oci::DeviceRule> rules);

// The policy of a container with these rules: with the defaults behind them. Throws Error.
DevicePolicy container_policy(std::span<const oci::DeviceRule> rules);

// BPF_DEVCG_ACC_* as letters of "rwm".
std::string access_text(uint32_t access);

// Writes for a v1 cgroup, from any state to the policy.
Settings device_lines(const DevicePolicy& policy);
// The fewest writes from one policy to another: what both allow is allowed all the time. Only where their defaults
// differ there is a moment of less (v1 knows no other way).
Settings device_changes(const DevicePolicy& before, const DevicePolicy& after);

// A BPF_PROG_TYPE_CGROUP_DEVICE program: returns 1 to allow, 0 to deny.
std::vector<bpf_insn> device_program(const DevicePolicy& policy);

// Whether the cgroup can have programs of an earlier container.
enum class Programs { None, Perhaps };
// Puts the policy on a cgroup2 directory, in the place of what is attached there. Throws Error.
void attach_device_filter(sys::FdRef cgroup, const DevicePolicy& policy, Programs programs);

} // namespace skiff::cgroups
