#include "runtime/sys/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/uapi.h"

namespace skiff::sys {

Result<FsContext> FsContext::try_open(const char* type) {
  const long fd = ::syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
  if (fd < 0) return Errno::last();
  return FsContext(Fd(static_cast<int>(fd)));
}

Result<void> FsContext::try_set(std::string_view option) {
  const size_t equals = option.find('=');
  const std::string key(option.substr(0, equals));
  if (equals != std::string_view::npos) return try_set(key.c_str(), std::string(option.substr(equals + 1)).c_str());
  if (::syscall(SYS_fsconfig, fd_.get(), FSCONFIG_SET_FLAG, key.c_str(), nullptr, 0) != 0) return Errno::last();
  return {};
}

Result<void> FsContext::try_set(const char* key, const char* value) {
  if (::syscall(SYS_fsconfig, fd_.get(), FSCONFIG_SET_STRING, key, value, 0) != 0) return Errno::last();
  return {};
}

Result<MountFd> FsContext::try_mount(uint64_t attributes) {
  if (::syscall(SYS_fsconfig, fd_.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) return Errno::last();
  const long mount = ::syscall(SYS_fsmount, fd_.get(), FSMOUNT_CLOEXEC, static_cast<unsigned>(attributes));
  if (mount < 0) return Errno::last();
  return MountFd(static_cast<int>(mount));
}

std::string FsContext::complaint() const {
  char text[512];
  const ssize_t n = ::read(fd_.get(), text, sizeof text);
  if (n <= 2) return {};
  return std::string(trim(std::string_view(text + 2, static_cast<size_t>(n) - 2))); // "e " before the sentence
}

Result<MountFd> try_clone_tree(FdRef at, const char* path, Depth depth, bool follow_last) {
  unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  if (*path == '\0') flags |= AT_EMPTY_PATH;
  if (depth == Depth::recursive) flags |= AT_RECURSIVE;
  if (!follow_last) flags |= AT_SYMLINK_NOFOLLOW;
  const long fd = ::syscall(SYS_open_tree, at.get(), path, flags);
  if (fd < 0) return Errno::last();
  return MountFd(static_cast<int>(fd));
}

Result<Fd> try_namespace_of_tree(FdRef tree) {
  const unsigned flags = OPEN_TREE_NAMESPACE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE;
  const long fd = ::syscall(SYS_open_tree, tree.get(), "", flags);
  if (fd < 0) return Errno::last();
  return Fd(static_cast<int>(fd));
}

Result<void> try_set_attributes(FdRef mount, Attributes attributes, Depth depth) {
  mount_attr attr{};
  attr.attr_set = attributes.set;
  attr.attr_clr = attributes.clear;
  attr.propagation = attributes.propagation;
  // The access time modes are a field, not bits: it must be cleared as a whole before one is set.
  if ((attr.attr_set | attr.attr_clr) & MOUNT_ATTR__ATIME) attr.attr_clr |= MOUNT_ATTR__ATIME;
  if (attributes.user_ns >= 0) {
    attr.attr_set |= MOUNT_ATTR_IDMAP;
    attr.userns_fd = static_cast<uint64_t>(attributes.user_ns);
  }
  const unsigned flags = AT_EMPTY_PATH | (depth == Depth::recursive ? AT_RECURSIVE : 0);
  if (::syscall(SYS_mount_setattr, mount.get(), "", flags, &attr, sizeof attr) != 0) return Errno::last();
  return {};
}

Result<void> try_move_mount(FdRef mount, FdRef target) {
  if (::syscall(SYS_move_mount, mount.get(), "", target.get(), "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) !=
      0)
    return Errno::last();
  return {};
}

Result<void> try_mount_on(FdRef directory, const char* source, const char* type, unsigned long flags,
                          const std::string& data) {
  if (data.size() >= static_cast<size_t>(::sysconf(_SC_PAGESIZE))) return Errno{E2BIG}; // the kernel would cut it off
  const Fd before(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!before || ::fchdir(directory.get()) != 0) return Errno::last(); // by path "." no procfs is needed
  Result<void> done;
  if (::mount(source, ".", type, flags, data.c_str()) != 0) done = Errno::last();
  if (::fchdir(before.get()) != 0) return Errno::last();
  return done;
}

Result<void> try_pivot(FdRef new_root) {
  // With both arguments the same, the old root ends up mounted over the new one, and detaching "." removes it; no
  // directory in the container is needed.
  if (::fchdir(new_root.get()) != 0) return Errno::last();
  if (::syscall(SYS_pivot_root, ".", ".") != 0) return Errno::last();
  if (::umount2(".", MNT_DETACH) != 0) return Errno::last();
  if (::chdir("/") != 0) return Errno::last();
  return {};
}

} // namespace skiff::sys
