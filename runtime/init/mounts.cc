#include "runtime/init/mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/init/cgroup_mount.h"
#include "runtime/init/copy_up.h"
#include "runtime/init/filesystem.h"
#include "runtime/init/mount_target.h"
#include "runtime/init/renew.h"
#include "runtime/launch/bind.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

using launch::PlannedMount;

// crun's copy-symlink: the link itself appears in the container. One that is there already must be the same.
void make_symlink(const sys::RootDir& root, const PlannedMount& mount) {
  const sys::PathParts parts = sys::split_path(mount.destination);
  const sys::Fd parent = root.try_make_dirs(parts.parent, 0755).or_throw("create the parent directory");
  if (::symlinkat(mount.symlink_target.c_str(), parent.get(), parts.name.c_str()) == 0) return;
  if (errno != EEXIST) throw Error(errno, cat("symlink ", mount.destination));
  if (sys::read_link(parent, parts.name.c_str()) != mount.symlink_target)
    throw Error(cat("symlink ", mount.destination, ": something else is there"));
}

sys::MountFd take_bind(PlannedMount& mount, const launch::InitPlan& plan) {
  if (mount.tree) return std::move(mount.tree);
  return launch::open_bind(mount, launch::inherit_of(plan.propagation), sys::FdRef(-1));
}

// What mount(2) has just put there.
sys::MountFd reopen(const sys::RootDir& root, const PlannedMount& mount) {
  return sys::MountFd(root.try_resolve(mount.destination).or_throw("open the mount").release());
}

Attached bind_in_place(const MountPlaces& places, const PlannedMount& mount, const launch::InitPlan& plan) {
  const sys::Fd target = places.find(mount, sys::open(mount.source, O_PATH)).place;
  sys::try_mount_on(target, mount.source.c_str(), nullptr, MS_BIND | MS_REC, "").or_throw("mount");
  sys::MountFd made = reopen(places.root(), mount);
  launch::set_bind_options(made, mount, launch::inherit_of(plan.propagation));
  return {std::move(made)};
}

Attached attach_bind(const MountPlaces& places, PlannedMount& mount, const launch::InitPlan& plan) {
  if (!mount.symlink_target.empty()) {
    make_symlink(places.root(), mount);
    return {};
  }
  if (mount.in_place) return bind_in_place(places, mount, plan);
  sys::MountFd tree = take_bind(mount, plan);
  if (mount.renewed) {
    tree = renew(std::move(tree), mount);
    launch::apply_options(tree, mount.options);
  }
  const sys::Fd target = places.find(mount, tree).place;
  sys::try_move_mount(tree, target).or_throw("mount");
  return {std::move(tree)};
}

Attached attach_filesystem(const MountPlaces& places, PlannedMount& mount, const launch::InitPlan& plan) {
  const bool is_tmpfs = mount.type == "tmpfs";
  const bool is_dev = sys::clean_path(mount.destination) == "/dev";
  const bool readonly = mount.options.set & MOUNT_ATTR_RDONLY;
  const bool lock_later = readonly && (is_tmpfs || is_dev);
  const auto [target, was_there, mode] = places.find(mount, sys::FdRef(-1));
  if (needs_old_mount(mount)) {
    mount_in_place(mount, target, plan.mount_label);
    sys::MountFd made = reopen(places.root(), mount);
    sys::try_set_attributes(made, {.set = mount.options.set}, sys::Depth::one).or_throw("set mount options");
    launch::apply_options(made, mount.options);
    return {std::move(made)};
  }
  if (lock_later) mount.options.set &= ~uint64_t{MOUNT_ATTR_RDONLY};
  if (is_tmpfs && was_there) keep_mode(mount.options, mode); // as runc does
  sys::MountFd made = make_filesystem(mount, plan.mount_label);
  if (is_tmpfs && mount.options.copy_up) copy_tree(target, made);
  launch::apply_options(made, mount.options);
  sys::try_move_mount(made, target).or_throw("mount");
  return {std::move(made), lock_later};
}

} // namespace

void open_inner_source(const sys::RootDir& root, PlannedMount& mount, const launch::InitPlan& plan,
                       const std::function<void(sys::FdRef)>& set_ids) {
  const sys::Fd source = root.try_resolve(mount.inner_source).or_throw([&] { return cat("stat ", mount.source); });
  mount.source_is_dir = S_ISDIR(sys::try_stat(source).or_throw("stat the source").st_mode);
  const sys::Depth depth = mount.options.recursive ? sys::Depth::recursive : sys::Depth::one;
  mount.tree = sys::try_clone_tree(source, "", depth).or_throw([&] { return cat("open source ", mount.source); });
  if (mount.inner_ids) set_ids(mount.tree);
  launch::set_bind_options(mount.tree, mount, launch::inherit_of(plan.propagation));
}

Attached attach(const MountPlaces& places, PlannedMount& mount, const launch::InitPlan& plan) {
  switch (mount.kind) {
  case PlannedMount::Kind::bind:
    return attach_bind(places, mount, plan);
  case PlannedMount::Kind::cgroup:
    return {attach_cgroup(places, mount)};
  case PlannedMount::Kind::filesystem:
    break;
  }
  return attach_filesystem(places, mount, plan);
}

} // namespace skiff::init
