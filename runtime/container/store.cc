#include "runtime/container/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/base/text.h"
#include "runtime/launch/idmap.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff {

namespace {

constexpr mode_t kDirMode = 0711;

// Names that are the runtime's own beside the containers.
bool is_own_name(std::string_view name) {
  return name == ".cache" || name == ".launchpad";
}

// Is `fd` still what the path names? It is not when another process has removed it, or made it anew.
bool is_current(const std::string& path, sys::FdRef fd) {
  Result<struct stat> named = sys::try_stat(sys::FdRef(sys::kCwd), path.c_str());
  Result<struct stat> held = sys::try_stat(fd);
  return named && held && named->st_ino == held->st_ino && named->st_dev == held->st_dev;
}

} // namespace

bool is_rootless(const Home& home) {
  if (home.rootless != Rootless::automatic) return home.rootless == Rootless::yes;
  return ::geteuid() != 0 || sys::in_user_namespace();
}

bool StateDir::try_lock() {
  sys::try_lock(fd_).or_throw([&] { return cat("lock ", path_); });
  return is_current(path_, fd_);
}

void StateDir::lock() {
  if (!try_lock()) throw Error(std::string(messages::kNotExist));
}

void StateDir::unlock() {
  (void)::flock(fd_.get(), LOCK_UN);
}

void StateDir::remove() {
  sys::try_remove_tree(sys::FdRef(sys::kCwd), path_.c_str()).or_throw([&] { return cat("remove ", path_); });
}

namespace store {

void check_id(const std::string& id, const Policy& policy) {
  const auto is_allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '.' || c == '-';
  };
  constexpr size_t kMaxId = 1024;
  const auto bad = std::ranges::find_if_not(id, is_allowed);
  const bool is_hidden = id == "." || id == ".." || (policy.names_bad_ids && id.starts_with('.'));
  if (!id.empty() && id.size() <= kMaxId && !is_hidden && bad == id.end()) return;
  if (!policy.names_bad_ids) throw Error(std::string(messages::kInvalidId));
  if (id.empty()) throw Error("empty container ID");
  if (bad == id.end()) throw Error(cat("invalid container ID `", id, '`'));
  throw Error(cat("invalid character `", *bad, "` in the container ID `", id, '`'));
}

StateDir reserve(const Home& home, const std::string& id) {
  check_id(id, home.policy);
  const std::string path = cat(home.root, '/', id);
  Result<void> made = sys::try_mkdir(sys::FdRef(sys::kCwd), path.c_str(), kDirMode);
  if (!made && made.error() == ENOENT) {
    sys::make_dirs(home.root, kDirMode);
    made = sys::try_mkdir(sys::FdRef(sys::kCwd), path.c_str(), kDirMode);
  }
  if (!made && made.error() == EEXIST) throw Error(std::string(messages::kExists));
  std::move(made).or_throw([&] { return cat("mkdir ", path); });
  StateDir dir(path, sys::open_dir(path));
  (void)::fchmod(dir.fd().get(), kDirMode); // whatever the caller's umask is
  dir.lock();
  return dir;
}

StateDir open(const Home& home, const std::string& id) {
  check_id(id, home.policy);
  const std::string path = cat(home.root, '/', id);
  Result<sys::DirFd> fd = sys::try_open_dir(sys::FdRef(sys::kCwd), path.c_str());
  if (!fd && (fd.error() == ENOENT || fd.error() == ENOTDIR)) throw Error(std::string(messages::kNotExist));
  return StateDir(path, std::move(fd).or_throw([&] { return cat("open ", path); }));
}

std::vector<std::string> ids(const Home& home) {
  Result<sys::DirFd> root = sys::try_open_dir(sys::FdRef(sys::kCwd), home.root.c_str());
  if (!root && root.error() == ENOENT && !home.root_given) return {};
  const sys::DirFd dir = std::move(root).or_throw([&] { return cat("open ", home.root); });
  std::vector<std::string> names = sys::try_list_dir(dir).or_throw([&] { return cat("read ", home.root); });
  std::erase_if(names, [&](const std::string& name) {
    Result<struct stat> st = sys::try_stat(dir, name.c_str(), AT_SYMLINK_NOFOLLOW);
    return is_own_name(name) || !st || !S_ISDIR(st->st_mode);
  });
  std::ranges::sort(names);
  return names;
}

} // namespace store

} // namespace skiff
