#include "runtime/init/renew.h"

#include <fcntl.h>

#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"

namespace skiff::init {

// A detached tree that comes from another mount namespace is copied by the kernel only while it hangs in a detached
// file system, which is of no namespace. Nothing can be hung in one before Linux 6.15.
sys::MountFd renew(sys::MountFd tree, const launch::PlannedMount& mount) {
  sys::FsContext context = sys::FsContext::try_open("tmpfs").or_throw("tmpfs");
  const sys::MountFd shelf = context.try_mount(0).or_throw("tmpfs");
  const sys::Fd place = mount.source_is_dir ? sys::open(shelf, ".", O_PATH) : sys::open(shelf, "file", O_CREAT, 0600);
  if (!sys::try_move_mount(tree, place)) return tree;
  return sys::try_clone_tree(tree, "", sys::Depth::recursive).or_throw("copy the tree");
}

} // namespace skiff::init
