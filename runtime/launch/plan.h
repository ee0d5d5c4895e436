// Everything that init will do, decided before it exists: paths checked, names resolved, descriptors open, filters
// compiled. The child executes the plan; it parses and decides nothing (D1).
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci-spec/spec.h"
#include "oci-spec/state.h"
#include "runtime/launch/mount_options.h"
#include "runtime/security/capabilities.h"
#include "runtime/security/lsm.h"
#include "runtime/security/seccomp.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

// One `cgroup` hierarchy to be shown in the container.
struct CgroupView {
  std::string name;                  // below the mount's destination; empty: at the destination itself
  sys::MountFd tree;                 // of the container's own directory
  std::vector<std::string> symlinks; // further names of it
};

struct PlannedMount {
  enum class Kind { bind, filesystem, cgroup };
  Kind kind = Kind::filesystem;
  std::string destination;
  std::string type;
  std::string source;
  MountOptions options;
  sys::MountFd tree;               // bind: opened by the runtime where it may; else init opens `source`
  bool source_is_dir = true;       // bind
  bool keeps_source_flags = false; // bind: flags that no option names stay, as the kernel has it in a user namespace
  bool in_place = false;           // bind: move_mount(2) would refuse it; init mounts it where it goes
  bool renewed = false;            // bind, cgroup: init mounts a copy, younger than the file systems in front of it
  bool covers_root = false;        // what it mounts is the root from then on
  std::string inner_source;        // bind of what earlier mounts make of the container's tree: init opens this path
  sys::Fd inner_ids;               // the user namespace of its idmapping, which takes the runtime's rights; or empty
  std::string symlink_target;      // bind of a symlink itself ("copy-symlink")
  std::vector<CgroupView> cgroup;  // empty: a fresh cgroup2
};

// A node in the container's /dev.
struct PlannedDevice {
  std::string path;
  mode_t mode = 0; // type and permissions
  dev_t number = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  bool is_bound = false;   // a node of outside is bound: in a user namespace mknod(2) is not allowed
  sys::MountFd outer_node; // empty if only init may open it
};

// SELinux: the mount option and its value. mount(8), "Filesystem-independent mount options".
struct MountLabel {
  std::string type = "context";
  std::string text; // empty = none
};

struct JoinedNamespace {
  int type = 0; // CLONE_NEW*
  sys::Fd fd;
  std::string path;
};

// Lowering a limit is everybody's right, and init does it last, so that it does not work under it. Raising takes
// CAP_SYS_RESOURCE over the host, which only the runtime may have: it does that at once.
struct PlannedRlimit {
  int resource = 0; // RLIMIT_*
  std::string name;
  uint64_t soft = 0, hard = 0;
  bool raises = false;
};

// The part that exec has too.
struct ProcessPlan {
  std::vector<std::string> args;
  bool says_executable_file = false; // where the first of them is missing: container/store.h, Policy
  std::vector<std::string> env;
  std::string cwd;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  bool keep_groups = false; // those of the runtime instead
  mode_t umask = 0022;
  security::CapabilitySets capabilities;
  bool no_new_privileges = false;
  std::optional<security::SeccompFilter> seccomp;
  std::optional<security::LsmLabel> label;
  bool terminal = false;
  oci::ConsoleSize console_size;
  std::optional<oci::Scheduler> scheduler;
  bool has_cpuset = false; // the cgroup is limited to some processors
  std::optional<oci::IoPriority> io_priority;
  std::vector<PlannedRlimit> rlimits;
  std::optional<int> oom_score_adj; // likewise
  std::optional<gid_t> stdio_group; // stdio is given to it, as to uid
  unsigned kept_fds = 0;            // 3 .. 2 + kept_fds go to the program
  std::string keyring;              // name of the new session keyring; empty = none
  std::string keyring_label;
};

enum class StartBy { fifo, go };
enum class RootChange { pivot, move };

// What init's mount namespace begins with: a copy of the host's mounts, the launchpad, or the root tree as its root.
enum class MountsBegin { with_hosts, with_launchpad, with_root };

struct InitPlan {
  std::string id;
  bool wants_debug = false; // init tells what it does
  ProcessPlan process;

  // Namespaces.
  uint64_t new_namespaces = 0; // CLONE_NEW*, without cgroup and time
  bool new_cgroup_ns = false;
  bool new_time_ns = false;
  bool waits_for_joined = false; // a cgroup to be in, or network devices to come, before init goes on
  std::map<std::string, oci::TimeOffset> time_offsets;
  std::vector<JoinedNamespace> joined; // in the order of joining, without user
  std::optional<JoinedNamespace> joined_user;
  std::vector<oci::IdMapping> uid_mappings, gid_mappings; // of the new user namespace
  bool may_set_groups = true;

  // The root file system. Where init has no mount namespace of its own, all this is mounted in the runtime's, and stays
  // there, as with runc; the root is changed by chroot(2).
  bool has_mount_ns = true;
  MountsBegin mounts_begin = MountsBegin::with_hosts;
  std::string rootfs; // on the host, absolute
  sys::MountFd root_tree;
  bool readonly_root = false;
  oci::RootfsPropagation propagation = oci::RootfsPropagation::unset;
  RootChange root_change = RootChange::pivot;
  std::vector<PlannedMount> mounts;
  MountLabel mount_label;
  bool makes_dev = true; // /dev is not bound from the host: nodes and symlinks are made in it
  std::vector<PlannedDevice> devices;
  std::vector<std::string> masked_paths, readonly_paths;

  std::string hostname, domainname;
  std::map<std::string, std::string> sysctl;
  std::optional<oci::Personality> personality;
  std::optional<oci::MemoryPolicy> memory_policy;

  // Hooks that init runs, and the two moments it must wait for.
  bool waits_for_runtime_hooks = false;
  oci::Hooks hooks;
  bool hooks_in_bundle = false;     // createContainer hooks stand there, not in the root
  sys::Fd hook_stdout, hook_stderr; // empty = what they write is kept for the error
  oci::State state;                 // for their stdin; the pid is init's own

  StartBy start_by = StartBy::fifo;
  sys::Fd fifo;
  sys::Fd stub; // the sealed last stage
};

// What `create`, `run` and their options add to the specification.
struct PlanRequest {
  std::string id;
  std::string bundle; // absolute
  bool no_pivot = false;
  bool no_new_keyring = false;
  unsigned preserve_fds = 0;
  bool listens_always = false;   // a seccomp listener even where no rule notifies
  bool binds_sys = false;        // the host's, where the kernel would refuse a new one
  bool mounts_over_root = false; // else a mount on "/" is refused
  bool binds_take_any_option = false;
  bool renews_binds = false; // behind other file systems in the list: mountinfo(5) is sorted by age
  std::string seccomp_cache; // directory; empty = none
};

// All but the cgroup mounts, whose directories do not exist yet. Throws Error.
InitPlan plan_init(const oci::Spec& spec, const PlanRequest& request);

} // namespace skiff::launch
