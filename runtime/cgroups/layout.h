// Which cgroup hierarchies this host has and where they are mounted: cgroups(7).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::cgroups {

inline constexpr std::string_view kMountPoint = "/sys/fs/cgroup";

// Of the root of every hierarchy.
inline constexpr uint64_t kRootInode = 1;

// A mounted v1 hierarchy.
struct Hierarchy {
  std::string name;                     // as /proc/self/cgroup has it: "memory", "cpu,cpuacct", "name=systemd"
  std::vector<std::string> controllers; // the parts of `name`
  std::string mount_point;
  std::string own; // the runtime's own cgroup, relative to the mount point; empty = the mount point itself
};

struct Layout {
  std::vector<Hierarchy> legacy;
  std::string unified_mount;                    // empty = no cgroup2
  std::string unified_own;                      // the runtime's own cgroup, "/" + path
  std::vector<std::string> unified_controllers; // those that cgroup2 can offer

  bool none() const { return legacy.empty() && unified_mount.empty(); }
  // True when everything is in cgroup2.
  bool only_unified() const { return legacy.empty() && !unified_mount.empty(); }
  // The v1 hierarchy that has the controller.
  const Hierarchy* hierarchy_of(std::string_view controller) const;
  bool unified_has(std::string_view controller) const;
};

// Looks at the file system magics and /proc/self/cgroup; at mountinfo only where these do not say enough.
enum class OwnCgroup { Needed, NotNeeded };
Layout detect_layout(OwnCgroup own);

// One line of /proc/PID/cgroup: cgroups(7), "/proc files".
struct Membership {
  std::string name; // empty for cgroup2
  std::string path;
};
std::vector<Membership> parse_proc_cgroup(std::string_view text);

// A v1 mount of /proc/PID/mountinfo.
struct LegacyMount {
  std::string mount_point;
  std::string root;                 // of the mount within the hierarchy
  std::vector<std::string> options; // of the super block: the controllers among others
};
std::vector<LegacyMount> parse_legacy_mounts(std::string_view mountinfo);

// `path` below `root`, without a leading slash; empty when it is not below it.
std::string below(std::string_view path, std::string_view root);

} // namespace skiff::cgroups
