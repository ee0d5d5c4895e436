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

// What lxcfs and its like may put over single files; everything else in /proc stays the kernel's.
constexpr std::array<std::string_view, 10> kAllowedInProc{"/proc/cpuinfo",  "/proc/diskstats",
                                                          "/proc/loadavg",  "/proc/meminfo",
                                                          "/proc/slabinfo", "/proc/stat",
                                                          "/proc/swaps",    "/proc/sys/crypto/fips_enabled",
                                                          "/proc/uptime",   "/proc/sys/kernel/ns_last_pid"};

Error not_ordinary(const PlannedMount& mount) {
  return Error(cat("filesystem ", quote(mount.type), " must be mounted on ordinary directory"));
}

// procfs and sysfs are only mounted where the image has, or lets us make, a real directory.
sys::Fd find_ordinary_directory(const sys::RootDir& root, const PlannedMount& mount) {
  Result<sys::Fd> there = root.try_resolve(mount.destination, sys::Symlinks::refuse);
  if (!there && there.error() == ENOENT) {
    Result<sys::Fd> made = root.try_make_dirs(mount.destination, 0755, sys::Looked::it_is_missing);
    if (!made) throw Error(made.error(), cat("mkdir ", mount.destination));
    there = root.try_resolve(mount.destination, sys::Symlinks::refuse);
  }
  if (!there) throw not_ordinary(mount);
  return std::move(*there);
}

struct Found {
  sys::Fd fd;
  bool was_there = true;
};

Found find_or_make(const sys::RootDir& root, const PlannedMount& mount, bool wants_file) {
  if (mount.options.target_nofollow) {
    if (Result<sys::Fd> there = root.try_open(mount.destination, O_PATH | O_NOFOLLOW)) return {std::move(*there)};
  }
  Result<sys::Fd> target = root.try_resolve(mount.destination);
  const bool was_there = target || target.error() != ENOENT;
  if (!was_there)
    target = wants_file ? root.try_make_file(mount.destination, 0644, sys::Looked::it_is_missing)
                        : root.try_make_dirs(mount.destination, 0755, sys::Looked::it_is_missing);
  if (!target && (target.error() == EISDIR || target.error() == ENOTDIR)) throw Error(ENOTDIR, "mount");
  return {std::move(target).or_throw([&] { return cat("create mountpoint for ", mount.destination, " mount"); }),
          was_there};
}

} // namespace

MountPlaces::MountPlaces(const sys::RootDir& root) : root_(&root), root_file_(file(root.fd())) {
  Result<long> type = sys::try_fs_type(root.fd());
  root_is_procfs_ = !type || *type == PROC_SUPER_MAGIC;
}

std::optional<MountPlaces::File> MountPlaces::file(sys::FdRef fd) {
  Result<struct stat> st = sys::try_stat(fd);
  return st ? std::optional(file(*st)) : std::nullopt;
}

void MountPlaces::set_procfs(sys::FdRef mounted) {
  procfs_ = file(mounted);
}

bool MountPlaces::is_procfs(sys::FdRef target, const struct stat& st) const {
  if (root_file_ && st.st_dev == root_file_->device) return root_is_procfs_;
  Result<long> type = sys::try_fs_type(target);
  return type && *type == PROC_SUPER_MAGIC;
}

bool MountPlaces::is_proc(const std::string& path, const struct stat& target) const {
  if (path == "/proc") return true;
  if (procfs_) return file(target) == *procfs_;
  Result<sys::Fd> proc = root_->try_resolve("/proc");
  return proc && file(target) == file(*proc);
}

// CVE-2019-16884, CVE-2019-19921: a mount over /proc, or in it, could make the writes of labels and sysctls go
// elsewhere.
void MountPlaces::check_proc(const PlannedMount& mount, sys::FdRef target, const struct stat& st,
                             sys::FdRef bound) const {
  const std::string path = sys::clean_path(mount.destination);
  if (is_proc(path, st)) {
    const bool is_new_procfs = mount.kind == PlannedMount::Kind::filesystem && mount.type == "proc";
    Result<long> type = bound.get() >= 0 ? sys::try_fs_type(bound) : Result<long>(0L);
    if (is_new_procfs || (type && *type == PROC_SUPER_MAGIC)) return;
    throw Error(cat(quote(path), " cannot be mounted because it is not of type proc"));
  }
  const bool inside = path.starts_with("/proc/") || is_procfs(target, st);
  if (inside && std::ranges::find(kAllowedInProc, path) == kAllowedInProc.end())
    throw Error(cat(quote(path), " cannot be mounted because it is inside /proc"));
}

Target MountPlaces::find(const PlannedMount& mount, sys::FdRef bound) const {
  const bool is_kernels =
      mount.kind == PlannedMount::Kind::filesystem && (mount.type == "proc" || mount.type == "sysfs");
  const bool wants_file = mount.kind == PlannedMount::Kind::bind && !mount.source_is_dir;
  Found found = is_kernels ? Found{find_ordinary_directory(*root_, mount)} : find_or_make(*root_, mount, wants_file);
  const struct stat st = sys::try_stat(found.fd).or_throw([&] { return cat("stat ", mount.destination); });
  if (is_kernels && !S_ISDIR(st.st_mode)) throw not_ordinary(mount);
  // A file over a directory, or the reverse, is refused with the kernel's own reason.
  if (!is_kernels && !mount.options.target_nofollow && found.was_there && S_ISDIR(st.st_mode) == wants_file)
    throw Error(ENOTDIR, "mount");
  if (!mount.covers_root && root_file_ == file(st))
    throw Error(cat("mountpoint ", quote(mount.destination), " is on the top of rootfs"));
  check_proc(mount, found.fd, st, bound);
  return {std::move(found.fd), found.was_there, st.st_mode};
}

} // namespace skiff::init
