#include "runtime/init/rootfs.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/init/change_root.h"
#include "runtime/init/devices.h"
#include "runtime/init/masks.h"
#include "runtime/init/mounts.h"
#include "runtime/init/stdio.h"
#include "runtime/launch/bind.h"
#include "runtime/launch/launchpad.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

// The host must see nothing of what is mounted here; what the host mounts later may still arrive, unless that is
// refused.
void stop_propagation(sys::FdRef mount, oci::RootfsPropagation wanted) {
  const bool is_private = wanted == oci::RootfsPropagation::private_ || wanted == oci::RootfsPropagation::rprivate;
  sys::try_set_attributes(mount, {.propagation = is_private ? uint64_t{MS_PRIVATE} : uint64_t{MS_SLAVE}},
                          sys::Depth::recursive)
      .or_throw("error preparing rootfs: set propagation");
}

// For a tree with the file of a mount namespace in it: see launch::MountNamespaceFiles.
sys::Fd bind_root_in_place(const std::string& rootfs) {
  sys::try_mount_on(sys::open(rootfs, O_PATH | O_DIRECTORY), rootfs.c_str(), nullptr, MS_BIND | MS_REC, "")
      .or_throw("error preparing rootfs: bind it");
  return sys::open(rootfs == "/" ? "/.." : rootfs, O_PATH | O_DIRECTORY); // "/" alone is what lies below the new mount
}

// Shared with those that the container makes, but with no mount of the host's.
void leave_peers(sys::FdRef tree, oci::RootfsPropagation wanted) {
  if (launch::inherit_of(wanted) == launch::Inherit::as_peer)
    sys::try_set_attributes(tree, {.propagation = MS_PRIVATE}, sys::Depth::one)
        .or_throw("error preparing rootfs: set propagation");
}

sys::Fd attach_root(launch::InitPlan& plan) {
  const bool from_launchpad = plan.mounts_begin == launch::MountsBegin::with_launchpad;
  if (plan.mounts_begin == launch::MountsBegin::with_root) { // it is attached
    sys::Fd root = sys::open("/", O_PATH | O_DIRECTORY);
    stop_propagation(root, plan.propagation);
    leave_peers(root, plan.propagation);
    return root;
  }
  if ((plan.new_namespaces & CLONE_NEWNS) && !from_launchpad)
    stop_propagation(sys::open("/", O_PATH | O_DIRECTORY), oci::RootfsPropagation::slave);
  sys::MountFd tree = std::move(plan.root_tree);
  if (!tree)
    tree = sys::try_clone_tree(sys::FdRef(sys::kCwd), plan.rootfs.c_str(), sys::Depth::recursive).or_throw([&] {
      return cat("error preparing rootfs: open ", plan.rootfs);
    });
  stop_propagation(tree, plan.propagation);
  leave_peers(tree, plan.propagation);
  const std::string place = from_launchpad ? std::string(launch::kRootInLaunchpad) : plan.rootfs;
  Result<void> moved = sys::try_move_mount(tree, sys::open(place, O_PATH | O_DIRECTORY));
  if (!moved && moved.error() == ELOOP && !from_launchpad) {
    sys::Fd root = bind_root_in_place(plan.rootfs);
    stop_propagation(root, plan.propagation);
    return root;
  }
  std::move(moved).or_throw("error preparing rootfs: attach it");
  // Below a shared mount of the host it has become shared.
  if (!plan.has_mount_ns) stop_propagation(tree, oci::RootfsPropagation::private_);
  return tree;
}

// These two only once the root is "/", so that nothing of the host is changed on the way, and when everything is
// mounted: what is unbindable cannot be copied.
void apply_late_propagation(oci::RootfsPropagation wanted) {
  uint64_t type = 0;
  switch (wanted) {
  case oci::RootfsPropagation::shared:
  case oci::RootfsPropagation::rshared:
    type = MS_SHARED;
    break;
  case oci::RootfsPropagation::unbindable:
  case oci::RootfsPropagation::runbindable:
    type = MS_UNBINDABLE;
    break;
  default:
    return;
  }
  const bool recursive = wanted == oci::RootfsPropagation::rshared || wanted == oci::RootfsPropagation::runbindable;
  sys::try_set_attributes(sys::open("/", O_PATH | O_DIRECTORY), {.propagation = type},
                          recursive ? sys::Depth::recursive : sys::Depth::one)
      .or_throw("unable to apply root propagation flags");
}

bool is_procfs(const launch::PlannedMount& mount) {
  return mount.kind == launch::PlannedMount::Kind::filesystem && mount.type == "proc";
}

// That can take all that init writes.
bool is_whole_procfs(const launch::PlannedMount& mount) {
  return is_procfs(mount) && mount.options.data.empty() && !(mount.options.set & MOUNT_ATTR_RDONLY);
}

} // namespace

Rootfs Rootfs::build(launch::InitPlan& plan, launch::ChildEnd& parent) {
  Rootfs rootfs(attach_root(plan));
  MountPlaces places(rootfs.root_);
  for (launch::PlannedMount& mount : plan.mounts) {
    in([&] { return cat("error mounting ", quote(mount.source), " to rootfs at ", quote(mount.destination)); },
       [&] {
         if (!mount.inner_source.empty())
           open_inner_source(rootfs.root_, mount, plan, [&](sys::FdRef tree) {
             parent.send_inner_bind(static_cast<uint32_t>(&mount - plan.mounts.data()), tree);
             parent.wait_for(launch::Kind::ids_set);
           });
         Attached attached = attach(places, mount, plan);
         if (mount.covers_root) {
           rootfs.root_ = sys::RootDir(sys::open(attached.mount, ".", O_PATH | O_DIRECTORY));
           places = MountPlaces(rootfs.root_);
         }
         if (is_procfs(mount) && sys::clean_path(mount.destination) == "/proc") places.set_procfs(attached.mount);
         if (attached.lock_later) {
           rootfs.lock_later_.push_back(std::move(attached.mount));
         } else if (is_whole_procfs(mount)) {
           rootfs.procfs_ = sys::ProcFs::of(std::move(attached.mount));
         }
       });
  }
  rootfs.make_dev(plan);
  return rootfs;
}

void Rootfs::make_dev(launch::InitPlan& plan) {
  if (!plan.makes_dev) return;
  in([] { return "configuring container /dev"; },
     [&] {
       make_devices(root_, plan.devices);
       make_dev_links(root_);
     });
}

const sys::ProcFs& Rootfs::procfs() {
  if (!procfs_) procfs_ = sys::ProcFs::try_open().or_throw("open a procfs");
  return *procfs_;
}

void Rootfs::become_root(const launch::InitPlan& plan) {
  in([] { return "error jailing process inside rootfs"; }, [&] { change_root(plan, root_.fd()); });
  // The descriptor of the old place is as good as the new "/", but the paths below are the container's own now.
  root_ = sys::RootDir(sys::open("/", O_PATH | O_DIRECTORY));
  if (plan.makes_dev) reopen_null(root_);
}

void Rootfs::make_cwd(const std::string& cwd) {
  const Result<sys::Fd> made = root_.try_make_dirs(cwd, 0755);
  // What is there but no directory, or may not be made, is chdir's to complain of.
  if (!made && made.error() != ENOTDIR && made.error() != EACCES && made.error() != EROFS)
    throw Error(made.error(), cat("mkdir ", cwd));
}

void Rootfs::mask_and_lock(const launch::InitPlan& plan) {
  for (const sys::MountFd& mount : lock_later_)
    sys::try_set_attributes(mount, {.set = MOUNT_ATTR_RDONLY}, sys::Depth::one).or_throw("remount read-only");
  if (plan.readonly_root)
    sys::try_set_attributes(root_.fd(), {.set = MOUNT_ATTR_RDONLY}, sys::Depth::one)
        .or_throw("error setting rootfs as readonly");
  for (const std::string& path : plan.readonly_paths)
    in([&] { return cat("can't make ", quote(path), " read-only"); }, [&] { make_readonly(root_, path); });
  mask_paths(root_, plan.masked_paths, plan.mount_label.text);
  lock_later_.clear();
  apply_late_propagation(plan.propagation);
}

} // namespace skiff::init
