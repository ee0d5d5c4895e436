#include "runtime/launch/launchpad.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/launch/affinity.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

constexpr const char* kFile = "mnt"; // where the namespace is pinned

bool is_pinned(sys::FdRef file) {
  Result<long> type = sys::try_fs_type(file);
  return type && *type == NSFS_MAGIC;
}

std::optional<sys::Fd> find(sys::FdRef dir) {
  Result<sys::Fd> file = sys::try_open(dir, kFile, O_RDONLY | O_NOFOLLOW);
  if (!file || !is_pinned(*file)) return std::nullopt;
  return std::move(*file);
}

sys::MountFd make_mount(const char* type, uint64_t attributes) {
  sys::FsContext context = sys::FsContext::try_open(type).or_throw(type);
  return context.try_mount(attributes).or_throw(type);
}

// In a child that has just got a copy of the mount table: leaves in it a tmpfs with an empty directory, and a proc and
// a sysfs, which must be wholly visible or the kernel refuses new ones to a container with a user namespace.
void furnish(const std::string& directory) {
  const sys::Fd old_root = sys::open("/", O_PATH | O_DIRECTORY);
  sys::try_set_attributes(old_root, {.propagation = MS_PRIVATE}, sys::Depth::recursive).or_throw("make private");
  const sys::MountFd root = make_mount("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  for (const char* name : {"root", "proc", "sys"}) sys::try_mkdir(root, name, 0755).or_throw(name);
  sys::try_move_mount(root, sys::open(directory, O_PATH | O_DIRECTORY)).or_throw("attach the launchpad's root");
  sys::try_pivot(root).or_throw("pivot_root");
  sys::try_move_mount(make_mount("proc", 0), sys::open("/proc", O_PATH)).or_throw("mount proc");
  sys::try_move_mount(make_mount("sysfs", 0), sys::open("/sys", O_PATH)).or_throw("mount sysfs");
  sys::try_set_attributes(root, {.set = MOUNT_ATTR_RDONLY}, sys::Depth::one).or_throw("make read-only");
}

[[noreturn]] void run_builder(const std::string& directory, sys::FdRef done, int parent) {
  try {
    furnish(directory);
    (void)sys::try_send(done, "1");
    sys::hold_for(parent);
  } catch (const std::exception&) {
    ::_exit(1); // the parent sees the socket close
  }
}

// A mount namespace's file may only be pinned on a private mount: a shared one could carry it into itself. False where
// the kernel takes the namespace for an older one than ours.
bool pin(sys::FdRef dir, const std::string& directory, int pid) {
  sys::MountFd own = sys::try_clone_tree(dir, "", sys::Depth::one).or_throw("bind the launchpad's directory");
  sys::try_move_mount(own, dir).or_throw("bind the launchpad's directory");
  Scope undo([&] { (void)::umount2(directory.c_str(), MNT_DETACH); });
  // Only now: below a shared mount, as "/" is under systemd, it has just become shared itself.
  sys::try_set_attributes(own, {.propagation = MS_PRIVATE}, sys::Depth::one).or_throw("make private");
  (void)sys::try_open(own, kFile, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0400);
  const sys::Fd target = sys::open(own, kFile, O_PATH | O_NOFOLLOW);
  const sys::MountFd ns =
      sys::try_clone_tree(sys::FdRef(sys::kCwd), cat("/proc/", pid, "/ns/mnt").c_str(), sys::Depth::one)
          .or_throw("open the launchpad's namespace");
  Result<void> moved = sys::try_move_mount(ns, target);
  if (!moved && moved.error() == ELOOP) return false;
  std::move(moved).or_throw("pin the launchpad's namespace");
  undo.dismiss();
  return true;
}

// Nothing where pin() says so.
std::optional<sys::Fd> try_make(sys::FdRef dir, const std::string& directory) {
  auto [own_end, child_end] = sys::make_socket_pair();
  const int own_pid = ::getpid();
  const sys::Child child = sys::try_clone({.flags = CLONE_NEWNS}).or_throw("clone");
  if (child.pid == 0) run_builder(directory, child_end, own_pid);
  const Scope end([&] {
    (void)child.pidfd.try_signal(SIGKILL);
    (void)child.pidfd.try_wait();
  });
  child_end.reset();
  char answer;
  Result<sys::Received> got = sys::try_receive(own_end, &answer, 1);
  if (!got || got->size == 0) throw Error("its builder failed");
  if (!pin(dir, directory, child.pid)) return std::nullopt;
  return sys::open(cat("/proc/", child.pid, "/ns/mnt"), O_RDONLY);
}

// Only a younger mount namespace can be pinned in an older one, and Linux 6.18 tells their age by numbers that each
// processor takes from a store of its own: on the processor where ours was made, the new one is younger for sure.
sys::Fd make(sys::FdRef dir, const std::string& directory) {
  if (std::optional<sys::Fd> made = try_make(dir, directory)) return std::move(*made);
  const CpuSet own = try_affinity(0).or_throw("sched_getaffinity");
  const Scope back([&] { (void)try_set_affinity(0, own); });
  for (const CpuSet& cpu : each_cpu(own)) {
    if (!try_set_affinity(0, cpu)) continue;
    if (std::optional<sys::Fd> made = try_make(dir, directory)) return std::move(*made);
  }
  throw Error("the kernel takes every new mount namespace for an older one");
}

// Only root's own directory is trusted (EPERM else): whoever could write there could offer a mount namespace of his
// own.
Result<sys::Fd> try_open_own(const std::string& directory) {
  Result<sys::Fd> dir = sys::try_open(sys::FdRef(sys::kCwd), directory.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!dir) return dir;
  Result<struct stat> st = sys::try_stat(*dir);
  if (!st || st->st_uid != ::geteuid() || (st->st_mode & 022) != 0) return Errno{EPERM};
  return dir;
}

} // namespace

std::optional<sys::Fd> open_launchpad(const std::string& directory) {
  try {
    Result<sys::Fd> dir = try_open_own(directory);
    if (!dir && dir.error() == ENOENT) {
      sys::make_dirs(directory, 0700);
      dir = try_open_own(directory);
    }
    if (!dir) return std::nullopt;
    if (std::optional<sys::Fd> there = find(*dir)) return there;
    sys::try_lock(*dir).or_throw("lock");
    // Somebody else may have pinned it while we waited; its mount hides the directory that we have open.
    const sys::Fd again = try_open_own(directory).or_throw("open it again");
    if (std::optional<sys::Fd> there = find(again)) return there;
    return make(*dir, directory);
  } catch (const Error& error) {
    log::debug(cat("no launchpad: ", error.what(), ", ignoring"));
    return std::nullopt;
  }
}

} // namespace skiff::launch
