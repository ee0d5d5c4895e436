// Files: open(2) and friends, whole-file reading and writing, atomic replacement. Everything is close-on-exec.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

inline constexpr int kCwd = -100; // AT_FDCWD

// openat(2) with O_CLOEXEC. `at` is a directory, or FdRef(kCwd).
Result<Fd> try_open(FdRef at, const char* path, int flags, mode_t mode = 0);
Fd open(FdRef at, const std::string& path, int flags, mode_t mode = 0); // throws "open PATH: reason"
inline Fd open(const std::string& path, int flags, mode_t mode = 0) {
  return open(FdRef(kCwd), path, flags, mode);
}
Result<DirFd> try_open_dir(FdRef at, const char* path);
DirFd open_dir(const std::string& path); // readable; throws

// Whether the path leads to something that stat(2) finds.
bool exists(const std::string& path);

// The rest of a descriptor, or a whole file. At most `limit` bytes (EFBIG beyond it).
Result<std::string> try_read_all(FdRef fd, size_t limit = 16 << 20);
Result<std::string> try_read_file(FdRef at, const char* path, size_t limit = 16 << 20);
std::string read_file(const std::string& path, size_t limit = 16 << 20); // throws "open|read PATH: reason"

// Writes all bytes; short writes are continued.
Result<void> try_write_all(FdRef fd, std::string_view bytes);
// Writes a file that exists (procfs, sysfs, cgroupfs) in one write(2), as those file systems need it.
Result<void> try_write_file(FdRef at, const char* path, std::string_view bytes);
void write_file(const std::string& path, std::string_view bytes); // throws "write PATH: reason"

// A new file under a temporary name in the same directory, then rename(2): readers see the old or the new bytes.
void atomic_replace(FdRef dir, const std::string& name, std::string_view bytes, mode_t mode);
// The same by path, relative to the current directory.
void atomic_replace(const std::string& path, std::string_view bytes, mode_t mode);

Result<void> try_mkdir(FdRef at, const char* path, mode_t mode);
// mkdir -p; the parents get `mode` too. Throws.
void make_dirs(const std::string& path, mode_t mode);
Result<void> try_unlink(FdRef at, const char* path, int flags = 0);
// rm -r, never following a symlink and never leaving the file system of `at`/`name`. ENOENT is success.
Result<void> try_remove_tree(FdRef at, const char* name);
Result<void> try_rename(FdRef at, const char* from, const char* to);

Result<struct stat> try_stat(FdRef at, const char* path, int flags = 0);
Result<struct stat> try_stat(FdRef fd);
// f_type of statfs(2), to compare with the magic numbers of linux/magic.h.
Result<long> try_fs_type(FdRef fd);
Result<long> try_fs_type(const char* path);
// Names in a directory, without "." and "..".
Result<std::vector<std::string>> try_list_dir(FdRef dir);
std::optional<std::string> read_link(FdRef at, const char* path);
// The absolute path with every symlink resolved, as realpath(3). Throws.
std::string real_path(const std::string& path);
// The current directory. Throws.
std::string current_dir();

// flock(2), LOCK_EX, waiting.
Result<void> try_lock(FdRef fd);
// A sealed-off anonymous file, not yet sealed. memfd_create(2).
Result<Fd> try_memfd(const char* name, unsigned flags);

// /dev/null in the place of a standard stream that the caller has closed, so that nothing that is opened later becomes
// one and goes to a container as such. Call it first of all.
void fill_standard_streams();

// pipe2(2), close-on-exec.
struct Pipe {
  PipeReader reader;
  PipeWriter writer;
};
Pipe make_pipe(); // throws

} // namespace skiff::sys
