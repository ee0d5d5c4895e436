// The nodes in the container's /dev: config-linux.md, "Default Devices" and "Devices".
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <array>

#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/launch/host_node.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"
#include "runtime/sys/process.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

struct DefaultDevice {
  const char* path;
  unsigned major, minor;
};
constexpr std::array kDefaults{
    DefaultDevice{"/dev/null", 1, 3},   DefaultDevice{"/dev/zero", 1, 5},    DefaultDevice{"/dev/full", 1, 7},
    DefaultDevice{"/dev/random", 1, 8}, DefaultDevice{"/dev/urandom", 1, 9}, DefaultDevice{"/dev/tty", 5, 0},
};

mode_t type_bits(const std::string& type) {
  if (type == "b") return S_IFBLK;
  if (type == "p") return S_IFIFO;
  return S_IFCHR; // "c" and "u", which validate() has left
}

// A node that the host has not, on a file system of its own. It takes the right to make nodes, and Linux 6.15 for the
// copy of a tree that is not attached.
Result<sys::MountFd> try_make_node(const PlannedDevice& device, const InitPlan& plan) {
  constexpr const char* kName = "node";
  Result<sys::FsContext> context = sys::FsContext::try_open("tmpfs");
  if (!context) return Errno{context.error()};
  Result<sys::MountFd> around = context->try_mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  if (!around) return around;
  const auto outside = [](uint32_t id, const IdMaps& maps) { return maps.empty() ? id : host_id(id, maps); };
  const uid_t uid = outside(device.uid, plan.uid_mappings), gid = outside(device.gid, plan.gid_mappings);
  const mode_t old = ::umask(0);
  const Scope restore([&] { (void)::umask(old); });
  if (::mknodat(around->get(), kName, device.mode, device.number) != 0 ||
      ::fchownat(around->get(), kName, uid, gid, AT_SYMLINK_NOFOLLOW) != 0)
    return Errno::last();
  return sys::try_clone_tree(*around, kName, sys::Depth::one);
}

// The host's node, one made where the host has none, or what only init will be able to open.
void bind_outer_node(PlannedDevice& device, InitPlan& plan) {
  device.is_bound = true;
  Result<sys::MountFd> node = try_host_node(device);
  if (!node && is_left_to_init(plan, node.error())) {
    plan.mounts_begin = MountsBegin::with_hosts; // init looks for it in a copy of the host's mounts
    return;
  }
  if (!node && node.error() == ENOENT) {
    if (Result<sys::MountFd> made = try_make_node(device, plan)) {
      device.outer_node = std::move(*made);
      return;
    }
  }
  device.outer_node = std::move(node).or_throw([&] { return cat("bind device ", device.path); });
}

} // namespace

void plan_devices(InitPlan& plan, const oci::Spec& spec) {
  const std::vector<oci::Device> extra = spec.linux_ ? spec.linux_->devices : std::vector<oci::Device>{};
  const auto is_overridden = [&](const char* path) {
    return std::ranges::any_of(extra, [&](const oci::Device& d) { return sys::clean_path(d.path) == path; });
  };
  if (plan.makes_dev) {
    for (const DefaultDevice& d : kDefaults)
      if (!is_overridden(d.path))
        plan.devices.push_back({.path = d.path, .mode = S_IFCHR | 0666, .number = makedev(d.major, d.minor)});
    for (const oci::Device& d : extra) {
      if (sys::clean_path(d.path) == "/dev/ptmx") continue; // always a link to pts/ptmx
      plan.devices.push_back({.path = d.path,
                              .mode = type_bits(d.type) | d.file_mode.value_or(0666),
                              .number = makedev(static_cast<unsigned>(d.major), static_cast<unsigned>(d.minor)),
                              .uid = d.uid.value_or(0),
                              .gid = d.gid.value_or(0)});
    }
  }
  const bool bound = (plan.new_namespaces & CLONE_NEWUSER) || plan.joined_user || sys::in_user_namespace();
  if (!bound) return;
  for (PlannedDevice& device : plan.devices)
    if (S_ISCHR(device.mode) || S_ISBLK(device.mode)) bind_outer_node(device, plan);
}

} // namespace skiff::launch
