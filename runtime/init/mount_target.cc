#include "runtime/init/mount_target.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

using launch::PlannedMount;

bool same_file(sys::FdRef a, sys::FdRef b) {
  Result<struct stat> one = sys::try_stat(a), other = sys::try_stat(b);
  return one && other && one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

// What lxcfs and its like may put over single files; everything else in /proc stays the kernel's.
constexpr std::array<std::string_view, 10> kAllowedInProc{"/proc/cpuinfo",  "/proc/diskstats",
                                                          "/proc/loadavg",  "/proc/meminfo",
                                                          "/proc/slabinfo", "/proc/stat",
                                                          "/proc/swaps",    "/proc/sys/crypto/fips_enabled",
                                                          "/proc/uptime",   "/proc/sys/kernel/ns_last_pid"};

// CVE-2019-16884, CVE-2019-19921: a mount over /proc, or in it, could make the writes of labels and sysctls go
// elsewhere.
void check_proc(const sys::RootDir& root, const PlannedMount& mount, sys::FdRef target, sys::FdRef bound) {
  const std::string path = sys::clean_path(mount.destination);
  Result<sys::Fd> proc = root.try_resolve("/proc");
  const bool is_proc = path == "/proc" || (proc && same_file(*proc, target));
  if (is_proc) {
    const bool is_procfs = mount.kind == PlannedMount::Kind::filesystem && mount.type == "proc";
    Result<long> type = bound.get() >= 0 ? sys::try_fs_type(bound) : Result<long>(0L);
    if (is_procfs || (type && *type == PROC_SUPER_MAGIC)) return;
    throw Error(cat(quote(path), " cannot be mounted because it is not of type proc"));
  }
  Result<long> around = sys::try_fs_type(target);
  const bool inside = path.starts_with("/proc/") || (around && *around == PROC_SUPER_MAGIC);
  if (inside && std::ranges::find(kAllowedInProc, path) == kAllowedInProc.end())
    throw Error(cat(quote(path), " cannot be mounted because it is inside /proc"));
}

// procfs and sysfs are only mounted where the image has, or lets us make, a real directory.
sys::Fd find_ordinary_directory(const sys::RootDir& root, const PlannedMount& mount) {
  Result<sys::Fd> there = root.try_resolve(mount.destination, sys::Symlinks::refuse);
  if (!there && there.error() == ENOENT) {
    Result<sys::Fd> made = root.try_make_dirs(mount.destination, 0755);
    if (!made) throw Error(made.error(), cat("mkdir ", mount.destination));
    there = root.try_resolve(mount.destination, sys::Symlinks::refuse);
  }
  Result<struct stat> st = there ? sys::try_stat(*there) : Result<struct stat>(Errno{there.error()});
  if (!st || !S_ISDIR(st->st_mode))
    throw Error(cat("filesystem ", quote(mount.type), " must be mounted on ordinary directory"));
  return std::move(there).or_throw(mount.destination);
}

Target find_or_make(const sys::RootDir& root, const PlannedMount& mount) {
  const bool wants_file = mount.kind == PlannedMount::Kind::bind && !mount.source_is_dir;
  if (mount.options.target_nofollow) {
    if (Result<sys::Fd> there = root.try_open(mount.destination, O_PATH | O_NOFOLLOW)) return {std::move(*there)};
  }
  Result<sys::Fd> target = root.try_resolve(mount.destination);
  const bool was_there = target || target.error() != ENOENT;
  if (!was_there)
    target = wants_file ? root.try_make_file(mount.destination, 0644) : root.try_make_dirs(mount.destination, 0755);
  const auto doing = [&] { return cat("create mountpoint for ", mount.destination, " mount"); };
  if (!target && (target.error() == EISDIR || target.error() == ENOTDIR)) throw Error(ENOTDIR, "mount");
  // A file over a directory, or the reverse, is refused with the kernel's own reason.
  if (was_there && target && S_ISDIR(sys::try_stat(*target).or_throw(doing).st_mode) == wants_file)
    throw Error(ENOTDIR, "mount");
  return {std::move(target).or_throw(doing), was_there};
}

} // namespace

Target find_target(const sys::RootDir& root, const PlannedMount& mount, sys::FdRef bound) {
  const bool is_kernels =
      mount.kind == PlannedMount::Kind::filesystem && (mount.type == "proc" || mount.type == "sysfs");
  Target target = is_kernels ? Target{find_ordinary_directory(root, mount)} : find_or_make(root, mount);
  if (!mount.covers_root && same_file(target.place, root.fd()))
    throw Error(cat("mountpoint ", quote(mount.destination), " is on the top of rootfs"));
  check_proc(root, mount, target.place, bound);
  return target;
}

} // namespace skiff::init
