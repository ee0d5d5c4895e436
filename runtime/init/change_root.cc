#include "runtime/init/change_root.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/mountinfo.h"
#include "runtime/sys/path.h"

namespace skiff::init {

namespace {

void enter(sys::FdRef root) {
  if (::fchdir(root.get()) != 0) throw Error(errno, "fchdir");
  if (::chroot(".") != 0) throw Error(errno, "chroot");
  if (::chdir("/") != 0) throw Error(errno, "chdir");
}

// The whole procfs and sysfs mounts outside `rootfs`.
std::vector<std::string> full_kernel_mounts(const std::string& rootfs) {
  std::vector<std::string> paths;
  const std::string text = sys::read_file("/proc/self/mountinfo");
  sys::MountReader reader(text);
  while (const auto mount = reader.next()) {
    if ((mount->type != "proc" && mount->type != "sysfs") || mount->root != "/") continue;
    std::string path = sys::unescape(mount->mount_point);
    if (!sys::is_at_or_below(path, rootfs)) paths.push_back(std::move(path));
  }
  return paths;
}

// Without pivot_root the host's tree stays below the new root, and with it a procfs without masks, which would allow
// the container to mount another: they are removed or covered first.
void hide_kernel_mounts(const std::string& rootfs) {
  for (const std::string& path : full_kernel_mounts(rootfs)) {
    if (::mount(nullptr, path.c_str(), nullptr, MS_SLAVE | MS_REC, nullptr) != 0) {
      if (errno == ENOENT) continue; // below one that is gone already
      throw Error(errno, cat("hide ", path));
    }
    if (::umount2(path.c_str(), MNT_DETACH) == 0) continue;
    if (errno != EINVAL && errno != EPERM) throw Error(errno, cat("hide ", path));
    if (::mount("tmpfs", path.c_str(), "tmpfs", 0, nullptr) != 0) throw Error(errno, cat("hide ", path));
  }
}

} // namespace

void change_root(const launch::InitPlan& plan, sys::FdRef root) {
  if (!plan.has_mount_ns) return enter(root);
  if (plan.mounts_begin == launch::MountsBegin::with_root) return; // init was born in it
  if (plan.root_change == launch::RootChange::pivot) return sys::try_pivot(root).or_throw("pivot_root");
  hide_kernel_mounts(plan.rootfs);
  sys::try_move_mount(root, sys::open("/", O_PATH | O_DIRECTORY)).or_throw("move the root mount");
  enter(root);
}

} // namespace skiff::init
