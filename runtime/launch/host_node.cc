#include "runtime/launch/host_node.h"

#include <sys/stat.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

Result<sys::MountFd> try_host_node(const PlannedDevice& device) {
  Result<sys::MountFd> node = sys::try_clone_tree(sys::FdRef(sys::kCwd), device.path.c_str(), sys::Depth::one);
  if (!node) return node;
  const struct stat st = sys::try_stat(*node).or_throw(device.path);
  if ((st.st_mode & S_IFMT) != (device.mode & S_IFMT) || st.st_rdev != device.number) // I5
    throw Error(cat("bind device ", device.path, ": the host has another device at this path"));
  sys::try_set_attributes(*node, {.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC}, sys::Depth::one).or_throw([&] {
    return cat("bind device ", device.path);
  });
  return node;
}

} // namespace skiff::launch
