#include "runtime/init/copy_up.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::init {

namespace {

void copy_bytes(sys::FdRef from, sys::FdRef to) {
  for (;;) {
    constexpr size_t kChunk = 16 << 20;
    const ssize_t n = ::sendfile(to.get(), from.get(), nullptr, kChunk);
    if (n < 0) throw Error(errno, "copy");
    if (n == 0) return;
  }
}

void copy_attributes(const struct stat& st, sys::FdRef dir, const char* name) {
  if (::fchownat(dir.get(), name, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW) != 0) throw Error(errno, "chown");
  // Only now: another owner takes the set-user-id bit away.
  if (!S_ISLNK(st.st_mode) && ::fchmodat(dir.get(), name, st.st_mode & 07777, 0) != 0) throw Error(errno, "chmod");
  const timespec times[2]{st.st_atim, st.st_mtim};
  (void)::utimensat(dir.get(), name, times, AT_SYMLINK_NOFOLLOW); // the times are a courtesy
}

void copy_entry(sys::FdRef from, sys::FdRef to, const std::string& name, dev_t device);

void copy_children(sys::FdRef from, sys::FdRef to, dev_t device) {
  for (const std::string& name : sys::try_list_dir(from).or_throw("read directory"))
    in([&] { return name; }, [&] { copy_entry(from, to, name, device); });
}

void copy_directory(sys::FdRef from, sys::FdRef to, const std::string& name, const struct stat& st) {
  sys::try_mkdir(to, name.c_str(), 0700).or_throw("mkdir");
  const sys::Fd source = sys::open(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const sys::Fd copy = sys::open(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  copy_children(source, copy, st.st_dev);
}

void copy_entry(sys::FdRef from, sys::FdRef to, const std::string& name, dev_t device) {
  const struct stat st = sys::try_stat(from, name.c_str(), AT_SYMLINK_NOFOLLOW).or_throw("stat");
  if (st.st_dev != device) return;
  if (S_ISDIR(st.st_mode)) {
    copy_directory(from, to, name, st);
  } else if (S_ISLNK(st.st_mode)) {
    const std::string target = sys::read_link(from, name.c_str()).value_or("");
    if (::symlinkat(target.c_str(), to.get(), name.c_str()) != 0) throw Error(errno, "symlink");
  } else if (S_ISREG(st.st_mode)) {
    const sys::Fd source = sys::open(from, name, O_RDONLY | O_NOFOLLOW);
    const sys::Fd copy = sys::open(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    copy_bytes(source, copy);
  } else if (::mknodat(to.get(), name.c_str(), st.st_mode, st.st_rdev) != 0) {
    throw Error(errno, "mknod");
  }
  copy_attributes(st, to, name.c_str());
}

} // namespace

void copy_tree(sys::FdRef from, sys::FdRef to) {
  in([] { return "tmpcopyup"; },
     [&] {
       const sys::Fd source = sys::open(from, ".", O_RDONLY | O_DIRECTORY); // `from` may be O_PATH
       const struct stat st = sys::try_stat(source).or_throw("stat");
       copy_children(source, to, st.st_dev);
     });
}

} // namespace skiff::init
