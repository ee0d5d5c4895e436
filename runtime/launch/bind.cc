#include "runtime/launch/bind.h"

#include <sys/mount.h>
#include <sys/statvfs.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/mountinfo.h"
#include "runtime/sys/path.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

constexpr uint64_t kLockable = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr uint64_t kAtime = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME; // lockable as well, as a whole

// The flags that a mount has now.
uint64_t flags_of(sys::FdRef mount) {
  struct Row {
    unsigned long shown;
    uint64_t attribute;
  };
  static constexpr std::array kRows{Row{ST_RDONLY, MOUNT_ATTR_RDONLY},   Row{ST_NOSUID, MOUNT_ATTR_NOSUID},
                                    Row{ST_NODEV, MOUNT_ATTR_NODEV},     Row{ST_NOEXEC, MOUNT_ATTR_NOEXEC},
                                    Row{ST_NOATIME, MOUNT_ATTR_NOATIME}, Row{ST_NODIRATIME, MOUNT_ATTR_NODIRATIME}};
  struct statvfs st {};
  if (::fstatvfs(mount.get(), &st) != 0) throw Error(errno, "statfs");
  uint64_t flags = 0;
  for (const Row& row : kRows)
    if (st.f_flag & row.shown) flags |= row.attribute;
  if (!(st.f_flag & (ST_NOATIME | ST_RELATIME))) flags |= MOUNT_ATTR_STRICTATIME;
  return flags;
}

// What mount(8) makes of "--bind -o ...": as soon as one option is given, those that are not given are off. Only how
// access times are kept stays, unless an option sets it.
sys::Attributes exact_flags(const MountOptions& options) {
  constexpr uint64_t kFlags = kLockable | MOUNT_ATTR_NOSYMFOLLOW;
  const bool sets_atime = (options.set & kAtime) || (options.clear & MOUNT_ATTR__ATIME);
  const uint64_t judged = kFlags | (sets_atime ? kAtime : 0);
  // The kernel wants the whole field of access times cleared where it is set.
  return {.set = options.set, .clear = (judged & ~options.set) | (sets_atime ? uint64_t{MOUNT_ATTR__ATIME} : 0)};
}

// In a user namespace the flags of the source are locked: an option that would take one away is refused, and those that
// no option names stay.
sys::Attributes unlocked_flags(sys::FdRef tree, const MountOptions& options) {
  sys::Attributes flags = exact_flags(options);
  const uint64_t locked = flags_of(tree);
  const uint64_t lost = locked & kLockable & flags.clear;
  const bool changes_atime = (flags.clear & MOUNT_ATTR__ATIME) && (flags.set & kAtime) != (locked & kAtime);
  if (lost & options.clear) throw Error(EPERM, "cannot clear locked flags");
  if (changes_atime) throw Error(EPERM, "cannot change locked atime flags");
  flags.set |= lost;
  flags.clear &= ~lost;
  return flags;
}

void set_bind_flags(sys::FdRef tree, const PlannedMount& mount) {
  const MountOptions& options = mount.options;
  if (!options.names_flags) return;
  if (!mount.keeps_source_flags && sys::try_set_attributes(tree, exact_flags(options), sys::Depth::one)) return;
  in([] { return "failed to set user-requested vfs flags on bind-mount"; },
     [&] { sys::try_set_attributes(tree, unlocked_flags(tree, options), sys::Depth::one).or_throw("mount_setattr"); });
}

// Whether the options themselves end what the tree has in common with the host's mounts.
bool leaves_peers(const MountOptions& options) {
  if (options.propagation.empty() || !options.propagation.front().recursive) return false;
  return options.propagation.front().type != MS_SHARED;
}

std::vector<std::string> mount_namespace_files() {
  std::vector<std::string> points;
  const std::string mountinfo = sys::read_file("/proc/self/mountinfo");
  if (mountinfo.find(" mnt:[") == std::string::npos) return points;
  sys::MountReader reader(mountinfo);
  while (const auto mount = reader.next())
    if (mount->root.starts_with("mnt:[")) points.push_back(sys::unescape(mount->mount_point));
  return points;
}

std::set<std::pair<dev_t, ino_t>> directories_above(const std::vector<std::string>& points) {
  std::set<std::string> paths;
  for (std::string path : points) {
    while (path != "/" && paths.insert(sys::split_path(path).parent).second) path = sys::split_path(path).parent;
  }
  std::set<std::pair<dev_t, ino_t>> directories;
  for (const std::string& path : paths)
    if (Result<struct stat> st = sys::try_stat(sys::FdRef(sys::kCwd), path.c_str()))
      directories.emplace(st->st_dev, st->st_ino);
  return directories;
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
  if (inherit == Inherit::as_slave && !leaves_peers(mount.options))
    sys::try_set_attributes(tree, {.propagation = MS_SLAVE}, sys::Depth::recursive)
        .or_throw("failed to set mount propagation");
  if (!mount.renewed) apply_options(tree, mount.options); // else init does: what is unbindable cannot be copied
}

bool MountNamespaceFiles::any_below(const struct stat& directory) {
  if (!above_) above_ = directories_above(mount_namespace_files());
  return above_->contains({directory.st_dev, directory.st_ino});
}

} // namespace skiff::launch
