// Directories and files of a cgroup hierarchy.
#include "runtime/cgroups/tree.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups {

namespace {

constexpr mode_t kDirectoryMode = 0755;
const sys::FdRef kNowhere(sys::kCwd); // all paths are absolute

Result<void> try_rmdir(sys::FdRef around, const std::string& name) {
  while (::unlinkat(around.get(), name.c_str(), AT_REMOVEDIR) != 0) {
    if (errno == ENOENT) return {};
    if (errno != EINTR) return Errno::last();
  }
  return {};
}

std::vector<std::string> subdirectories(sys::FdRef directory) {
  // A directory of a cgroup file system has two links and one for each subdirectory: most have none, and dozens of
  // files.
  auto self = sys::try_stat(directory);
  if (self && self->st_nlink == 2) return {};
  auto names = sys::try_list_dir(directory);
  if (!names) return {};
  std::erase_if(*names, [&](const std::string& name) {
    auto info = sys::try_stat(directory, name.c_str(), AT_SYMLINK_NOFOLLOW);
    return !info || !S_ISDIR(info->st_mode);
  });
  return std::move(*names);
}

Result<std::vector<int>> try_processes_in(sys::FdRef directory) {
  auto text = sys::try_read_file(directory, "cgroup.procs");
  if (!text && text.error() == EOPNOTSUPP) text = sys::try_read_file(directory, "cgroup.threads");
  if (!text) return Errno{text.error()};
  std::vector<int> out;
  for (const auto line : lines(*text)) {
    const auto pid = parse_number<int>(line);
    if (pid && *pid > 0) out.push_back(*pid);
  }
  return out;
}

// What is done in a tree: in each directory before those below it, and to each but the first, from the one around it,
// after those below it.
struct Visitor {
  std::function<void(sys::FdRef directory)> arrive;
  std::function<void(sys::FdRef around, const std::string& name)> leave;
};

// Step by step, with one descriptor: a container makes its own cgroups deeper than a path may be long, and deeper than
// there are descriptors.
void walk(const std::string& top, const Visitor& visitor) {
  struct Level {
    std::string name;
    std::vector<std::string> unvisited;
  };
  auto here = sys::try_open_dir(kNowhere, top.c_str());
  std::vector<Level> levels;
  const auto arrive = [&](std::string name) {
    visitor.arrive(*here);
    levels.push_back({std::move(name), subdirectories(*here)});
  };
  if (here) arrive("");
  while (!levels.empty()) {
    if (auto& unvisited = levels.back().unvisited; !unvisited.empty()) {
      std::string name = std::move(unvisited.back());
      unvisited.pop_back();
      auto below = sys::try_open_dir(*here, name.c_str());
      if (!below) continue; // it has vanished
      here = std::move(below);
      arrive(std::move(name));
      continue;
    }
    const std::string name = std::move(levels.back().name);
    levels.pop_back();
    if (levels.empty()) return;
    here = sys::try_open_dir(*here, "..");
    if (!here) return; // all of it is vanishing
    visitor.leave(*here, name);
  }
}

// The last process is gone from the lists a moment before it is gone from the counters.
void remove_patiently(sys::FdRef around, const std::string& name, const std::string& top) {
  constexpr int longest_ms = 512;
  for (int delay = 1;; delay *= 2) {
    const auto removed = try_rmdir(around, name);
    if (removed) return;
    if (removed.error() != EBUSY || delay > longest_ms) throw Error(removed.error(), cat("rmdir ", top));
    sys::pause_for(delay);
  }
}

} // namespace

NewDirectories::~NewDirectories() {
  for (auto path = made_.rbegin(); path != made_.rend(); ++path) (void)try_rmdir(kNowhere, *path);
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
  auto fd = sys::try_open_dir(kNowhere, directory.c_str());
  if (!fd) return Errno{fd.error()};
  return try_processes_in(*fd);
}

std::vector<int> processes_below(const std::string& directory) {
  std::vector<int> out;
  walk(directory, {.arrive =
                       [&](sys::FdRef each) {
                         auto here = try_processes_in(each);
                         if (here) out.insert(out.end(), here->begin(), here->end());
                       },
                   .leave = [](sys::FdRef, const std::string&) {}});
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

void try_write_below(const std::string& directory, const char* file, std::string_view value) {
  walk(directory, {.arrive = [&](sys::FdRef each) { (void)sys::try_write_file(each, file, value); },
                   .leave = [](sys::FdRef, const std::string&) {}});
}

void remove_below(const std::string& directory) {
  const auto result = try_rmdir(kNowhere, directory);
  if (result) return;
  if (!sys::exists(directory)) return; // EROFS of a read-only cgroupfs, for what never was
  walk(directory,
       {.arrive = [](sys::FdRef) {},
        .leave = [&](sys::FdRef around, const std::string& name) { remove_patiently(around, name, directory); }});
  remove_patiently(kNowhere, directory, directory);
}

} // namespace skiff::cgroups
