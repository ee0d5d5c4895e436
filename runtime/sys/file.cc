#include "runtime/sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "runtime/base/text.h"

namespace skiff::sys {

Result<Fd> try_open(FdRef at, const char* path, int flags, mode_t mode) {
  const int fd = ::openat(at.get(), path, flags | O_CLOEXEC, mode);
  if (fd < 0) return Errno::last();
  return Fd(fd);
}

Fd open(FdRef at, const std::string& path, int flags, mode_t mode) {
  return try_open(at, path.c_str(), flags, mode).or_throw([&] { return cat("open ", path); });
}

Result<DirFd> try_open_dir(FdRef at, const char* path) {
  const int fd = ::openat(at.get(), path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Errno::last();
  return DirFd(fd);
}

DirFd open_dir(const std::string& path) {
  return try_open_dir(FdRef(kCwd), path.c_str()).or_throw([&] { return cat("open ", path); });
}

bool exists(const std::string& path) {
  return static_cast<bool>(try_stat(FdRef(kCwd), path.c_str()));
}

Result<std::string> try_read_all(FdRef fd, size_t limit) {
  std::string bytes;
  size_t size = 0;
  for (;;) {
    if (size == bytes.size()) bytes.resize(std::max<size_t>(4096, size * 2));
    const ssize_t n = ::read(fd.get(), bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno::last();
    if (n == 0) break;
    size += static_cast<size_t>(n);
    if (size > limit) return Errno{EFBIG};
  }
  bytes.resize(size);
  return bytes;
}

Result<std::string> try_read_file(FdRef at, const char* path, size_t limit) {
  Result<Fd> fd = try_open(at, path, O_RDONLY);
  if (!fd) return Errno{fd.error()};
  return try_read_all(*fd, limit);
}

std::string read_file(const std::string& path, size_t limit) {
  const Fd fd = open(path, O_RDONLY);
  return try_read_all(fd, limit).or_throw([&] { return cat("read ", path); });
}

Result<void> try_write_all(FdRef fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno::last();
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<void> try_write_file(FdRef at, const char* path, std::string_view bytes) {
  Result<Fd> fd = try_open(at, path, O_WRONLY);
  if (!fd) return Errno{fd.error()};
  ssize_t n;
  do n = ::write(fd->get(), bytes.data(), bytes.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return Errno::last();
  if (static_cast<size_t>(n) != bytes.size()) return Errno{EIO};
  return {};
}

void write_file(const std::string& path, std::string_view bytes) {
  try_write_file(FdRef(kCwd), path.c_str(), bytes).or_throw([&] { return cat("write ", path); });
}

void atomic_replace(FdRef dir, const std::string& name, std::string_view bytes, mode_t mode) {
  const std::string temporary = cat(".", name, ".", ::getpid());
  in([&] { return cat("write ", name); },
     [&] {
       Fd file = open(dir, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode);
       Result<void> done = try_write_all(file, bytes);
       // The one close whose error counts: on some file systems it is where a failed write shows.
       if (done && ::close(file.release()) != 0) done = Errno::last();
       if (done) done = try_rename(dir, temporary.c_str(), name.c_str());
       if (!done) {
         (void)try_unlink(dir, temporary.c_str());
         throw Error(done.error(), name);
       }
     });
}

void atomic_replace(const std::string& path, std::string_view bytes, mode_t mode) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  in([&] { return cat("write ", path); },
     [&] {
       atomic_replace(open_dir(parent), slash == std::string::npos ? path : path.substr(slash + 1), bytes, mode);
     });
}

Result<void> try_mkdir(FdRef at, const char* path, mode_t mode) {
  if (::mkdirat(at.get(), path, mode) != 0) return Errno::last();
  return {};
}

void make_dirs(const std::string& path, mode_t mode) {
  for (size_t end = path.find('/', 1); true; end = path.find('/', end + 1)) {
    const std::string piece = path.substr(0, end);
    const Result<void> made = try_mkdir(FdRef(kCwd), piece.c_str(), mode);
    if (!made && made.error() != EEXIST) throw Error(made.error(), cat("mkdir ", piece));
    if (end == std::string::npos) return;
  }
}

Result<void> try_unlink(FdRef at, const char* path, int flags) {
  if (::unlinkat(at.get(), path, flags) != 0) return Errno::last();
  return {};
}

Result<void> try_rename(FdRef at, const char* from, const char* to) {
  if (::renameat(at.get(), from, at.get(), to) != 0) return Errno::last();
  return {};
}

namespace {

// getdents(2): a stream of readdir(3) would be made for each directory, with 32 KiB.
Result<std::vector<std::string>> read_names(FdRef dir) {
  std::vector<std::string> names;
  alignas(dirent64) char buffer[4096];
  for (;;) {
    const ssize_t size = ::getdents64(dir.get(), buffer, sizeof buffer);
    if (size < 0) return Errno::last();
    if (size == 0) return names;
    for (ssize_t at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const dirent64*>(buffer + at);
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      at += entry->d_reclen;
    }
  }
}

bool is_directory(const Result<void>& unlinked) {
  return !unlinked && (unlinked.error() == EISDIR || unlinked.error() == EPERM);
}

// `within`: the device that the directory must be on; another one's is a mount, and not ours to empty.
Result<void> remove_directory(FdRef at, const char* name, std::optional<dev_t> within) {
  {
    const int raw = ::openat(at.get(), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (raw < 0) return errno == ENOENT ? Result<void>{} : Result<void>{Errno::last()};
    const DirFd dir(raw);
    Result<struct stat> st = try_stat(dir);
    if (!st) return Errno{st.error()};
    if (within && st->st_dev != *within) return Errno{EBUSY};
    Result<std::vector<std::string>> children = read_names(dir);
    if (!children) return Errno{children.error()};
    for (const std::string& child : *children) {
      Result<void> removed = try_unlink(dir, child.c_str());
      if (is_directory(removed)) removed = remove_directory(dir, child.c_str(), st->st_dev);
      if (!removed && removed.error() != ENOENT) return removed;
    }
  }
  Result<void> done = try_unlink(at, name, AT_REMOVEDIR);
  if (!done && done.error() == ENOENT) return {};
  return done;
}

} // namespace

Result<void> try_remove_tree(FdRef at, const char* name) {
  Result<void> removed = try_unlink(at, name);
  if (is_directory(removed)) return remove_directory(at, name, std::nullopt);
  if (!removed && removed.error() == ENOENT) return {};
  return removed;
}

Result<struct stat> try_stat(FdRef at, const char* path, int flags) {
  struct stat st;
  if (::fstatat(at.get(), path, &st, flags) != 0) return Errno::last();
  return st;
}

Result<struct stat> try_stat(FdRef fd) {
  return try_stat(fd, "", AT_EMPTY_PATH);
}

Result<long> try_fs_type(FdRef fd) {
  struct statfs fs;
  if (::fstatfs(fd.get(), &fs) != 0) return Errno::last();
  return static_cast<long>(fs.f_type);
}

Result<long> try_fs_type(const char* path) {
  struct statfs fs;
  if (::statfs(path, &fs) != 0) return Errno::last();
  return static_cast<long>(fs.f_type);
}

Result<std::vector<std::string>> try_list_dir(FdRef dir) {
  // A descriptor of our own, since reading moves its offset.
  const Fd own(::openat(dir.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!own) return Errno::last();
  return read_names(own);
}

std::optional<std::string> read_link(FdRef at, const char* path) {
  char target[PATH_MAX];
  const ssize_t n = ::readlinkat(at.get(), path, target, sizeof target);
  if (n < 0) return std::nullopt;
  return std::string(target, static_cast<size_t>(n));
}

std::string real_path(const std::string& path) {
  char resolved[PATH_MAX];
  if (::realpath(path.c_str(), resolved) == nullptr) throw Error(errno, cat("lstat ", path));
  return resolved;
}

std::string current_dir() {
  char path[PATH_MAX];
  if (::getcwd(path, sizeof path) == nullptr) throw Error(errno, "getcwd");
  return path;
}

Result<void> try_lock(FdRef fd) {
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR) return Errno::last();
  return {};
}

Result<Fd> try_memfd(const char* name, unsigned flags) {
  const int fd = ::memfd_create(name, flags | MFD_CLOEXEC);
  if (fd < 0) return Errno::last();
  return Fd(fd);
}

void fill_standard_streams() {
  int fd;
  do fd = ::open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) (void)::close(fd);
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw Error(errno, "pipe2");
  return Pipe{PipeReader(ends[0]), PipeWriter(ends[1])};
}

} // namespace skiff::sys
