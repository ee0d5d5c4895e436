#include "runtime/init/cgroup_mount.h"

#include <fcntl.h>

#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/init/filesystem.h"
#include "runtime/init/mount_target.h"
#include "runtime/init/renew.h"
#include "runtime/launch/bind.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

constexpr uint64_t kSafe = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// No hierarchy of the container's is known (rootless without cgroups): only a cgroup namespace of its own allows it a
// fresh view. Where the kernel refuses that too, the place is covered, so that nothing of the host's shows.
sys::MountFd fresh_cgroup2(const launch::PlannedMount& mount) {
  if (Result<sys::FsContext> context = sys::FsContext::try_open("cgroup2"))
    if (Result<sys::MountFd> made = context->try_mount(mount.options.set)) return std::move(*made);
  return make_empty_directory("");
}

sys::MountFd make_frame(const std::vector<launch::CgroupView>& views) {
  sys::FsContext context = sys::FsContext::try_open("tmpfs").or_throw("tmpfs for the cgroup hierarchies");
  context.try_set("mode=755").or_throw("tmpfs for the cgroup hierarchies");
  sys::MountFd frame = context.try_mount(kSafe).or_throw("tmpfs for the cgroup hierarchies");
  for (const launch::CgroupView& view : views) {
    sys::try_mkdir(frame, view.name.c_str(), 0755).or_throw([&] { return cat("mkdir ", view.name); });
    for (const std::string& name : view.symlinks)
      if (::symlinkat(view.name.c_str(), frame.get(), name.c_str()) != 0 && errno != EEXIST)
        throw Error(errno, cat("symlink ", name));
  }
  return frame;
}

// cgroup2 is shown by a copy of the host's mount, which has its options already. What is none must be refused all the
// same.
void check_options(const launch::PlannedMount& mount) {
  Result<sys::FsContext> context = sys::FsContext::try_open("cgroup2");
  if (context) set_data(*context, mount.options.data);
}

} // namespace

sys::MountFd attach_cgroup(const MountPlaces& places, launch::PlannedMount& mount) {
  const sys::Fd target = places.find(mount, sys::FdRef(-1)).place;
  const uint64_t readonly = mount.options.set & MOUNT_ATTR_RDONLY;
  const bool alone = mount.cgroup.empty() || mount.cgroup.front().name.empty();
  if (alone && !mount.options.data.empty()) check_options(mount);
  sys::MountFd made = mount.cgroup.empty() ? fresh_cgroup2(mount)
                      : alone              ? std::move(mount.cgroup.front().tree)
                                           : make_frame(mount.cgroup);
  if (alone && mount.renewed) made = renew(std::move(made), mount);
  if (alone)
    sys::try_set_attributes(made, {.set = mount.options.set, .clear = mount.options.clear}, sys::Depth::one)
        .or_throw("set mount options");
  launch::apply_options(made, mount.options);
  sys::try_move_mount(made, target).or_throw("mount");
  if (alone) return made;
  for (launch::CgroupView& view : mount.cgroup) {
    sys::try_set_attributes(view.tree, {.set = kSafe | readonly}, sys::Depth::one).or_throw("set mount options");
    const sys::Fd place = sys::open(made, view.name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    sys::try_move_mount(view.tree, place).or_throw([&] { return cat("mount hierarchy ", view.name); });
  }
  if (readonly) sys::try_set_attributes(made, {.set = readonly}, sys::Depth::one).or_throw("set mount options");
  return made;
}

} // namespace skiff::init
