#include "runtime/checkpoint/restore_root.h"

#include <fcntl.h>
#include <sys/mount.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/init/mount_target.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"

namespace skiff::checkpoint {

namespace {

using launch::PlannedMount;

// criu brings back all that was in a tmpfs, its mountpoints too.
bool is_on_tmpfs(const PlannedMount& mount, const std::vector<PlannedMount>& all) {
  return std::ranges::any_of(all, [&](const PlannedMount& other) {
    return other.type == "tmpfs" && mount.destination.size() > other.destination.size() &&
           sys::is_at_or_below(sys::clean_path(mount.destination), sys::clean_path(other.destination));
  });
}

} // namespace

void prepare_root(const std::string& place, launch::InitPlan& plan) {
  sys::try_set_attributes(sys::open("/", O_PATH | O_DIRECTORY), {.propagation = MS_SLAVE}, sys::Depth::recursive)
      .or_throw("set propagation");
  sys::try_move_mount(plan.root_tree, sys::open(place, O_PATH | O_DIRECTORY)).or_throw([&] {
    return cat("mount ", plan.rootfs);
  });
  const sys::RootDir root(sys::open(place, O_PATH | O_DIRECTORY));
  const init::MountPlaces places(root);
  for (const PlannedMount& mount : plan.mounts) {
    // Those of cgroups are in a tmpfs, or in the sysfs that criu mounts.
    if (mount.kind == PlannedMount::Kind::cgroup || is_on_tmpfs(mount, plan.mounts)) continue;
    in([&] { return cat("create criu restore mountpoint for ", mount.destination, " mount"); },
       [&] {
         const sys::FdRef tree = mount.tree ? sys::FdRef(mount.tree) : sys::FdRef(-1);
         const init::Target target = places.find(mount, tree);
         // The next one's mountpoint may be in it.
         if (mount.tree) sys::try_move_mount(mount.tree, target.place).or_throw("mount");
       });
  }
}

} // namespace skiff::checkpoint
