// Where in the container's tree a mount goes: resolved once, checked, and used by its descriptor (I4).
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>

#include "runtime/launch/plan.h"
#include "runtime/sys/path.h"

namespace skiff::init {

struct Target {
  sys::Fd place;
  bool was_there = true; // else it is made for the mount
  mode_t mode = 0;       // of what was there
};

// The places of one root file system, for as long as mounts are made in it. It knows the root and, once it is mounted,
// /proc, so that not every mount has to look for them again.
class MountPlaces {
public:
  // The root outlives this.
  explicit MountPlaces(const sys::RootDir& root);

  const sys::RootDir& root() const { return *root_; }
  // The destination, made if it is missing: a directory, or an empty file for the bind of a file. `bound`: the tree of
  // a bind mount, else -1. Throws Error for what must not be mounted there.
  Target find(const launch::PlannedMount& mount, sys::FdRef bound) const;
  // What has just been mounted on the directory /proc itself.
  void set_procfs(sys::FdRef mounted);

private:
  struct File {
    dev_t device = 0;
    ino_t inode = 0;
    bool operator==(const File&) const = default;
  };
  static std::optional<File> file(sys::FdRef fd);
  static File file(const struct stat& st) { return {st.st_dev, st.st_ino}; }
  bool is_procfs(sys::FdRef target, const struct stat& st) const;
  bool is_proc(const std::string& path, const struct stat& target) const;
  void check_proc(const launch::PlannedMount& mount, sys::FdRef target, const struct stat& st, sys::FdRef bound) const;

  const sys::RootDir* root_;
  std::optional<File> root_file_;
  bool root_is_procfs_ = false;
  std::optional<File> procfs_; // its root directory
};

} // namespace skiff::init
