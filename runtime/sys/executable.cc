#include "runtime/sys/executable.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::sys {

namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Result<Fd> try_executable_memfd(const char* name) {
  Result<Fd> made = try_memfd(name, MFD_ALLOW_SEALING | MFD_EXEC);
  if (!made && made.error() == EINVAL) made = try_memfd(name, MFD_ALLOW_SEALING); // before 6.3
  return made;
}

Fd make_nameless(const char* name, const std::function<void(FdRef)>& fill) {
  FsContext context = FsContext::try_open("tmpfs").or_throw("tmpfs");
  const MountFd mount = context.try_mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV).or_throw("tmpfs");
  Fd written = open(mount, name, O_CREAT | O_EXCL | O_WRONLY, 0700);
  if (::fchmod(written.get(), 0755) != 0) throw Error(errno, "chmod"); // also for root of a user namespace
  fill(written);
  Fd image = open(mount, name, O_RDONLY);
  try_unlink(mount, name).or_throw("unlink");
  written.reset(); // what is open for writing can neither be locked nor executed
  try_set_attributes(mount, {.set = MOUNT_ATTR_RDONLY}, Depth::one).or_throw("make it read-only");
  return image;
}

} // namespace

Fd make_executable(const char* name, const std::function<void(FdRef)>& fill) {
  Result<Fd> memfd = try_executable_memfd(name);
  if (!memfd && memfd.error() == EACCES)
    return in([&] { return cat("vm.memfd_noexec forbids memfd_create, and there is no other way"); },
              [&] { return make_nameless(name, fill); });
  Fd image = std::move(memfd).or_throw("memfd_create");
  fill(image);
  if (::fcntl(image.get(), F_ADD_SEALS, kSeals) != 0) throw Error(errno, "seal");
  return image;
}

bool is_made_executable(FdRef image) {
  const int seals = ::fcntl(image.get(), F_GET_SEALS);
  if (seals >= 0 && (seals & kSeals) == kSeals) return true;
  Result<struct stat> st = try_stat(image);
  Result<long> type = try_fs_type(image);
  return st && st->st_nlink == 0 && type && *type == TMPFS_MAGIC;
}

} // namespace skiff::sys
