// The state root: one directory a container, which exists exactly as long as the container does. I10: nothing in it is
// reachable from a container.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/sys/fd.h"

namespace skiff {

enum class Rootless { no, yes, automatic };

// Where and how containers are kept: what the global options say.
struct Home {
  std::string root;        // --root
  std::string shared;      // for what all containers share, whatever their root: caches, the launchpad; empty = none
  bool root_given = false; // `list` complains about a missing root only when it was named
  bool systemd_cgroup = false;
  bool without_cgroup = false; // new containers get none
  Rootless rootless = Rootless::automatic;
};

// Whether missing rights to cgroups are to be borne: --rootless, or what this process is.
bool is_rootless(const Home& home);

// A container's directory, locked or not.
class StateDir {
public:
  StateDir(std::string path, sys::DirFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  const std::string& path() const { return path_; }
  sys::FdRef fd() const { return fd_; }

  // Waits for the lock; it goes with this object. Throws kNotExist when the directory was removed meanwhile.
  void lock();
  void unlock();
  // Removes the directory with all that it holds.
  void remove();

private:
  std::string path_;
  sys::DirFd fd_;
};

namespace store {

// Throws Error(messages::kInvalidId) unless `id` is one path component of runc's alphabet [A-Za-z0-9_+.-].
void check_id(const std::string& id);
// Makes the directory of a new container, locked. Throws Error(messages::kExists).
StateDir reserve(const Home& home, const std::string& id);
// Throws Error(messages::kNotExist).
StateDir open(const Home& home, const std::string& id);
// The names of all containers, sorted. A missing root is an error only when it was named.
std::vector<std::string> ids(const Home& home);

} // namespace store

} // namespace skiff
