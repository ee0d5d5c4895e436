#include "runtime/sys/procfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::sys {

Result<ProcFs> ProcFs::try_open() {
  if (Result<FsContext> context = FsContext::try_open("proc"))
    if (Result<MountFd> mount = context->try_mount(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC))
      return ProcFs(std::move(*mount));
  Result<Fd> visible = sys::try_open(FdRef(kCwd), "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (!visible) return Errno{visible.error()};
  constexpr ino_t kProcRootInode = 1;
  Result<long> type = try_fs_type(*visible);
  Result<struct stat> st = try_stat(*visible);
  if (!type || *type != PROC_SUPER_MAGIC || !st || st->st_ino != kProcRootInode) return Errno{EXDEV};
  return ProcFs(std::move(*visible));
}

Result<Fd> ProcFs::try_open(std::string_view path, int flags) const {
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS; // I6
  const long fd = ::syscall(SYS_openat2, mount_.get(), std::string(path).c_str(), &how, sizeof how);
  if (fd < 0) return Errno::last();
  return Fd(static_cast<int>(fd));
}

Result<void> ProcFs::try_write(std::string_view path, std::string_view bytes) const {
  Result<Fd> file = try_open(path, O_WRONLY);
  if (!file) return Errno{file.error()};
  return try_write_all(*file, bytes);
}

} // namespace skiff::sys
