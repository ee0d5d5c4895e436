// The "linux" object of config.json: runtime-spec v1.3.0, config-linux.md.
// Absent is the zero value, unless the specification gives absence a meaning of its own; then it is std::optional.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci-spec/resources.h"

namespace oci {

// config-linux.md, "Namespaces".
enum class NamespaceType { mount, pid, network, uts, ipc, user, cgroup, time };

struct Namespace {
  NamespaceType type = NamespaceType::mount;
  std::string path; // absolute; empty = a new namespace
};

// config-linux.md, "User namespace mappings"; also used by idmapped mounts.
struct IdMapping {
  uint32_t container_id = 0;
  uint32_t host_id = 0;
  uint32_t size = 0;
  bool operator==(const IdMapping&) const = default;
};

// config-linux.md, "Offset for Time Namespace".
struct TimeOffset {
  int64_t secs = 0;
  uint32_t nanosecs = 0;
};

// config-linux.md, "Devices".
struct Device {
  std::string path;
  std::string type; // "c", "b", "u" or "p"
  int64_t major = 0;
  int64_t minor = 0;
  std::optional<uint32_t> file_mode;
  std::optional<uint32_t> uid;
  std::optional<uint32_t> gid;
};

// config-linux.md, "Network Devices". The key of Linux::net_devices is the name on the host.
struct NetDevice {
  std::string name; // new name in the container; empty = keep
};

enum class RootfsPropagation { unset, private_, shared, slave, unbindable, rprivate, rshared, rslave, runbindable };

// config-linux.md, "Seccomp".
enum class SeccompAction { kill, kill_process, kill_thread, trap, errno_, trace, allow, log, notify };
enum class SeccompOperator { ne, lt, le, eq, ge, gt, masked_eq };

struct SeccompArg {
  uint32_t index = 0;
  uint64_t value = 0;
  uint64_t value_two = 0;
  SeccompOperator op = SeccompOperator::eq;
};

struct SeccompRule {
  std::vector<std::string> names;
  SeccompAction action = SeccompAction::allow;
  std::optional<uint32_t> errno_ret;
  std::vector<SeccompArg> args;
};

struct Seccomp {
  SeccompAction default_action = SeccompAction::allow;
  std::optional<uint32_t> default_errno_ret;
  std::vector<std::string> architectures;        // "SCMP_ARCH_X86_64", ...
  std::optional<std::vector<std::string>> flags; // "SECCOMP_FILTER_FLAG_LOG", ...; absent: the runtime chooses
  std::string listener_path;
  std::string listener_metadata;
  std::vector<SeccompRule> syscalls;
};

// config-linux.md, "IntelRdt".
struct IntelRdt {
  std::string clos_id;
  std::vector<std::string> schemata;
  std::string l3_cache_schema;
  std::string mem_bw_schema;
  bool enable_monitoring = false;
};

// config-linux.md, "Memory policy".
enum class MemoryPolicyMode { default_, bind, interleave, weighted_interleave, preferred, preferred_many, local };
struct MemoryPolicy {
  MemoryPolicyMode mode = MemoryPolicyMode::default_;
  std::string nodes; // a cpuset-like list, e.g. "0-3,7"
  std::vector<std::string> flags;
};

// config-linux.md, "Personality".
enum class PersonalityDomain { linux_, linux32 };
struct Personality {
  PersonalityDomain domain = PersonalityDomain::linux_;
  std::vector<std::string> flags;
};

struct Linux {
  std::vector<Namespace> namespaces;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  std::map<std::string, TimeOffset> time_offsets; // "monotonic", "boottime"
  std::vector<Device> devices;
  std::map<std::string, NetDevice> net_devices;
  std::string cgroups_path;
  std::optional<Resources> resources;
  std::optional<IntelRdt> intel_rdt;
  std::optional<MemoryPolicy> memory_policy;
  std::map<std::string, std::string> sysctl;
  std::optional<Seccomp> seccomp;
  RootfsPropagation rootfs_propagation = RootfsPropagation::unset;
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  std::string mount_label;
  std::optional<Personality> personality;
};

} // namespace oci
