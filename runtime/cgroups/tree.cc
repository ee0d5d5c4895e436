// Directories and files of a cgroup hierarchy.
#include "runtime/cgroups/tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups {

namespace {

constexpr mode_t kDirectoryMode = 0755;
const sys::FdRef kNowhere(sys::kCwd); // all paths are absolute

Result<void> try_rmdir(const std::string& path) {
  while (::rmdir(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    if (errno != EINTR) return Errno::last();
  }
  return {};
}

std::vector<std::string> subdirectories(const std::string& directory) {
  std::vector<std::string> out;
  auto fd = sys::try_open_dir(kNowhere, directory.c_str());
  if (!fd) return out;
  // A directory of a cgroup file system has two links and one for each subdirectory: most have none, and dozens of
  // files.
  auto self = sys::try_stat(*fd);
  if (self && self->st_nlink == 2) return out;
  auto names = sys::try_list_dir(*fd);
  if (!names) return out;
  for (const auto& name : *names) {
    auto info = sys::try_stat(*fd, name.c_str(), AT_SYMLINK_NOFOLLOW);
    if (info && S_ISDIR(info->st_mode)) out.push_back(cat(directory, '/', name));
  }
  return out;
}

void collect(const std::string& directory, std::vector<int>& out) {
  auto here = try_processes_in(directory);
  if (here) out.insert(out.end(), here->begin(), here->end());
  for (const auto& child : subdirectories(directory)) collect(child, out);
}

} // namespace

NewDirectories::~NewDirectories() {
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) (void)try_rmdir(*path);
}

NewDirectories::Outcome NewDirectories::make(const std::string& path) {
  const auto result = sys::try_mkdir(kNowhere, path.c_str(), kDirectoryMode);
  if (result) {
    made_.push_back(path);
    return Outcome::Made;
  }
  // A read-only cgroupfs says EROFS even for what is there.
  if (result.error() == EEXIST || (result.error() == EROFS && sys::exists(path))) return Outcome::Existed;
  throw Error(result.error(), cat("mkdir ", path));
}

NewDirectories::Outcome NewDirectories::make_below(const std::string& mount_point, const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string parent = path.substr(0, slash == std::string::npos ? 0 : slash);
  if (parent.size() > mount_point.size() && !sys::exists(parent)) (void)make_below(mount_point, parent);
  return make(path);
}

bool NewDirectories::made(const std::string& path) const {
  return std::find(made_.begin(), made_.end(), path) != made_.end();
}

void NewDirectories::take(NewDirectories& other) {
  made_.insert(made_.end(), other.made_.begin(), other.made_.end());
  other.made_.clear();
}

Result<std::string> try_read(const std::string& directory, std::string_view file) {
  auto text = sys::try_read_file(kNowhere, cat(directory, '/', file).c_str());
  if (!text) return Errno{text.error()};
  return std::string(trim(*text));
}

std::string read(const std::string& directory, std::string_view file) {
  return try_read(directory, file).or_throw([&] { return cat("open ", directory, '/', file); });
}

Result<void> try_write(const std::string& directory, std::string_view file, std::string_view value) {
  return sys::try_write_file(kNowhere, cat(directory, '/', file).c_str(), value);
}

void write(const std::string& directory, std::string_view file, std::string_view value) {
  const std::string path = cat(directory, '/', file);
  const auto fd = sys::try_open(kNowhere, path.c_str(), O_WRONLY).or_throw([&] { return cat("open ", path); });
  const ssize_t written = ::write(fd.get(), value.data(), value.size());
  if (written < 0) throw Error(errno, cat("failed to write ", quote(value), ": write ", path));
}

Result<std::vector<int>> try_processes_in(const std::string& directory) {
  auto text = try_read(directory, "cgroup.procs");
  if (!text && text.error() == EOPNOTSUPP) text = try_read(directory, "cgroup.threads");
  if (!text) return Errno{text.error()};
  std::vector<int> out;
  for (const auto line : lines(*text)) {
    const auto pid = parse_number<int>(line);
    if (pid && *pid > 0) out.push_back(*pid);
  }
  return out;
}

std::vector<int> processes_below(const std::string& directory) {
  std::vector<int> out;
  collect(directory, out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void remove_below(const std::string& directory) {
  auto result = try_rmdir(directory);
  if (result) return;
  if (!sys::exists(directory)) return; // EROFS of a read-only cgroupfs, for what never was
  for (const auto& child : subdirectories(directory)) remove_below(child);
  // The last process is gone from the lists a moment before it is gone from the counters.
  constexpr int longest_ms = 512;
  for (int delay = 1; !(result = try_rmdir(directory)); delay *= 2) {
    if (result.error() != EBUSY || delay > longest_ms) throw Error(result.error(), cat("rmdir ", directory));
    sys::pause_for(delay);
  }
}

} // namespace skiff::cgroups
