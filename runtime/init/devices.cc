#include "runtime/init/devices.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/launch/host_node.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"

namespace skiff::init {

namespace {

void bind_device(sys::FdRef parent, const std::string& name, sys::FdRef node) {
  (void)sys::try_open(parent, name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0666); // it may be there
  const sys::Fd target = sys::open(parent, name, O_PATH | O_NOFOLLOW);
  sys::try_move_mount(node, target).or_throw([&] { return cat("bind device ", name); });
}

// config-linux.md, "Devices": something else at that place is an error, not a device less.
void check_existing(sys::FdRef parent, const std::string& name, const launch::PlannedDevice& device) {
  const struct stat st = sys::try_stat(parent, name.c_str(), AT_SYMLINK_NOFOLLOW).or_throw(device.path);
  const bool has_number = S_ISCHR(device.mode) || S_ISBLK(device.mode);
  if ((st.st_mode & S_IFMT) == (device.mode & S_IFMT) && (!has_number || st.st_rdev == device.number)) return;
  throw Error(EEXIST, cat("mknod ", device.path, ": another file is there"));
}

void make_device(sys::FdRef parent, const std::string& name, launch::PlannedDevice& device) {
  if (device.is_bound) {
    if (!device.outer_node)
      device.outer_node = launch::try_host_node(device).or_throw([&] { return cat("bind device ", device.path); });
    return bind_device(parent, name, device.outer_node);
  }
  if (::mknodat(parent.get(), name.c_str(), device.mode, device.number) != 0) {
    if (errno == EEXIST) return check_existing(parent, name, device);
    throw Error(errno, cat("mknod ", device.path));
  }
  if (device.uid == 0 && device.gid == 0) return;
  if (::fchownat(parent.get(), name.c_str(), device.uid, device.gid, AT_SYMLINK_NOFOLLOW) != 0)
    throw Error(errno, cat("chown ", device.path));
}

struct Link {
  const char* target;
  const char* name;
};
constexpr std::array kLinks{
    Link{"/proc/self/fd", "fd"},
    Link{"/proc/self/fd/0", "stdin"},
    Link{"/proc/self/fd/1", "stdout"},
    Link{"/proc/self/fd/2", "stderr"},
};

void make_link(sys::FdRef dev, const char* target, const char* name) {
  if (::symlinkat(target, dev.get(), name) != 0 && errno != EEXIST) throw Error(errno, cat("symlink /dev/", name));
}

} // namespace

void make_devices(const sys::RootDir& root, std::vector<launch::PlannedDevice>& devices) {
  std::string path; // of the parent: nearly all lie in /dev
  sys::Fd parent;
  for (launch::PlannedDevice& device : devices) {
    const sys::PathParts parts = sys::split_path(device.path);
    if (!parent || parts.parent != path)
      parent = root.try_make_dirs(parts.parent, 0755).or_throw([&] {
        return cat("mkdir parent of device inode ", quote(device.path));
      });
    path = parts.parent;
    make_device(parent, parts.name, device);
  }
}

void make_dev_links(const sys::RootDir& root) {
  const sys::Fd dev = root.try_make_dirs("/dev", 0755).or_throw("mkdir /dev");
  const Result<void> gone = sys::try_unlink(dev, "ptmx");
  if (!gone && gone.error() != ENOENT) throw Error(gone.error(), "remove /dev/ptmx");
  make_link(dev, "pts/ptmx", "ptmx");
  for (const Link& link : kLinks) make_link(dev, link.target, link.name);
  // Only where the kernel has it; init still sees the host's /proc, or the launchpad's.
  if (sys::try_stat(sys::FdRef(sys::kCwd), "/proc/kcore")) make_link(dev, "/proc/kcore", "core");
}

} // namespace skiff::init
