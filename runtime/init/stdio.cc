#include "runtime/init/stdio.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/sys/file.h"

namespace skiff::init {

namespace {

bool is_null(const struct stat& st) {
  return S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

} // namespace

sys::Fd verified_null(const sys::RootDir& root) {
  sys::Fd null = root.try_resolve("/dev/null", sys::Symlinks::refuse).or_throw("open /dev/null");
  const struct stat st = sys::try_stat(null).or_throw("stat /dev/null");
  if (!is_null(st)) throw Error("/dev/null of the container is not the null device"); // I5
  return null;
}

void reopen_null(const sys::RootDir& root) {
  sys::Fd own;
  for (const int number : {0, 1, 2}) {
    Result<struct stat> st = sys::try_stat(sys::FdRef(number));
    if (!st || !is_null(*st)) continue;
    if (!own) {
      own = root.try_open("/dev/null", O_RDWR | O_NOCTTY).or_throw("error reopening /dev/null inside container");
      const struct stat opened = sys::try_stat(own).or_throw("stat /dev/null");
      if (!is_null(opened)) throw Error("/dev/null of the container is not the null device"); // I5
    }
    if (::dup2(own.get(), number) < 0) throw Error(errno, "error reopening /dev/null inside container");
  }
}

void give_stdio_to(uid_t uid, std::optional<gid_t> group) {
  for (const int number : {0, 1, 2}) {
    Result<struct stat> st = sys::try_stat(sys::FdRef(number));
    if (!st || (st->st_uid == uid && st->st_gid == group.value_or(st->st_gid)) || is_null(*st) || S_ISBLK(st->st_mode))
      continue;
    const bool is_terminal = S_ISCHR(st->st_mode) && ::isatty(number) == 1;
    if (S_ISCHR(st->st_mode) && !is_terminal) continue;
    // EPERM: its owner is nobody in this user namespace; EROFS: a read-only /dev. Then it stays as it is.
    if (::fchown(number, uid, group.value_or(static_cast<gid_t>(-1))) != 0 && errno != EPERM && errno != EROFS &&
        errno != EINVAL)
      throw Error(errno, "fchown standard input or output");
  }
}

} // namespace skiff::init
