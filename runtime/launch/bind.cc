#include "runtime/launch/bind.h"

#include <sys/mount.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

// What mount(8) makes of "--bind -o ...": as soon as one option is given, those that are not given are off.
constexpr uint64_t kFlags =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;

void set_bind_flags(sys::FdRef tree, const PlannedMount& mount) {
  const MountOptions& options = mount.options;
  if (options.set == 0 && options.clear == 0) return;
  const sys::Attributes exact{.set = options.set, .clear = options.clear | (kFlags & ~options.set)};
  if (!mount.keeps_source_flags && sys::try_set_attributes(tree, exact, sys::Depth::one)) return;
  // In a user namespace some flags of the source are locked: those that the options name must still be as they say, the
  // rest stays.
  const sys::Attributes named{.set = options.set, .clear = options.clear};
  sys::try_set_attributes(tree, named, sys::Depth::one)
      .or_throw("failed to set user-requested vfs flags on bind-mount");
}

// proc_pid_mountinfo(5): the 4th field is the mount's root, the 5th the mount point.
std::vector<std::string> mount_namespace_files() {
  std::vector<std::string> points;
  const std::string mountinfo = sys::read_file("/proc/self/mountinfo");
  if (mountinfo.find(" mnt:[") == std::string::npos) return points;
  for (const std::string_view line : lines(mountinfo)) {
    const std::vector<std::string_view> fields = split(line, ' ');
    if (fields.size() > 4 && fields[3].starts_with("mnt:[")) points.emplace_back(fields[4]);
  }
  return points;
}

} // namespace

Inherit inherit_of(oci::RootfsPropagation root) {
  const bool shared = root == oci::RootfsPropagation::shared || root == oci::RootfsPropagation::rshared;
  return shared ? Inherit::as_peer : Inherit::as_slave;
}

void apply_options(sys::FdRef mount, const MountOptions& options) {
  if (options.set_recursive != 0 || options.clear_recursive != 0)
    sys::try_set_attributes(mount, {.set = options.set_recursive, .clear = options.clear_recursive},
                            sys::Depth::recursive)
        .or_throw("failed to set recursive mount options");
  for (const MountOptions::Propagation& p : options.propagation)
    sys::try_set_attributes(mount, {.propagation = p.type}, p.recursive ? sys::Depth::recursive : sys::Depth::one)
        .or_throw("failed to set mount propagation");
}

void set_id_mapping(sys::FdRef tree, const MountOptions& options, sys::FdRef user_ns) {
  const sys::Depth depth = options.id_mapping == IdMapping::recursive ? sys::Depth::recursive : sys::Depth::one;
  sys::try_set_attributes(tree, {.user_ns = user_ns.get()}, depth)
      .or_throw("failed to set MOUNT_ATTR_IDMAP on the mount");
}

sys::MountFd open_bind(const PlannedMount& mount, Inherit inherit, sys::FdRef user_ns) {
  const MountOptions& options = mount.options;
  const sys::Depth depth = options.recursive ? sys::Depth::recursive : sys::Depth::one;
  sys::MountFd tree =
      sys::try_clone_tree(sys::FdRef(sys::kCwd), mount.source.c_str(), depth, !options.source_nofollow).or_throw([&] {
        return cat("open source ", mount.source);
      });
  if (options.id_mapping != IdMapping::none) set_id_mapping(tree, options, user_ns);
  set_bind_options(tree, mount, inherit);
  return tree;
}

void set_bind_options(sys::FdRef tree, const PlannedMount& mount, Inherit inherit) {
  set_bind_flags(tree, mount);
  if (inherit == Inherit::as_slave)
    sys::try_set_attributes(tree, {.propagation = MS_SLAVE}, sys::Depth::recursive)
        .or_throw("failed to set mount propagation");
  apply_options(tree, mount.options);
}

bool MountNamespaceFiles::any_below(const std::string& directory) {
  if (!points_) points_ = mount_namespace_files();
  if (points_->empty()) return false;
  const std::string real = sys::real_path(directory);
  const std::string below = real == "/" ? real : cat(real, '/');
  return std::ranges::any_of(*points_, [&](const std::string& point) { return point.starts_with(below); });
}

} // namespace skiff::launch
